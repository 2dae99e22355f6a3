/** How error texts name what the user of a source can change. */
export interface SettingNames {
  /** The setting that holds the API's address: `source.baseUrl`. */
  readonly address: string;
  /** What says which records are asked for: `the selector`. */
  readonly request: string;
}
