import { documentsInForce } from '../catalog/configurations.ts';
import { indexNext } from '../catalog/indexing.ts';
import { declaredBlueprints } from '../config/declared-blueprints.ts';
import type { ActivityDependencies } from './dependencies.ts';

export const createIndexActivity = ({ db }: ActivityDependencies) => ({
  /**
   * Indexes the next entities that wait, in a transaction with the end of their waiting: a repetition goes on where the
   * last commit left off. Returns how many; 0: none waits.
   */
  async indexCatalog(): Promise<number> {
    return indexNext(db, declaredBlueprints(await documentsInForce(db)));
  },
});
