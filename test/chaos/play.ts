import { setTimeout as delay } from 'node:timers/promises';
import { readTrigger } from '../../catalog/triggers.ts';
import { loadConfiguration } from '../../config/load.ts';
import { UsageError } from '../../domain/errors.ts';
import type { RunReport } from '../../domain/run.ts';
import { resyncWorkflowId } from '../../domain/workflow-ids.ts';
import { configurationContext } from '../../workers/configuration-context.ts';
import { type Audited, readAudit } from './audit.ts';
import { configurationText } from './configuration.ts';
import type { Configuration, Log, Run } from './events.ts';
import { violations } from './model.ts';
import type { Event, Round, Scenario, Stall, Trigger } from './scenario.ts';
import type { Stage } from './stage.ts';
import { World } from './world.ts';

export interface Played {
  readonly violations: readonly string[];
  readonly log: Log;
  /** What was done to it, in order. */
  readonly story: readonly string[];
  /** A process was killed while it ran. */
  readonly hit: boolean;
}

/** So long a trigger may wait for the run that covers it, in milliseconds. */
const PATIENCE = 60_000;
/** PostgreSQL ends a transaction that idles for 10 s: a statement is held for less. */
const LONGEST_STALL = 4_000;

/** Plays one scenario to its end, a clean run included, and has its logs judged. */
export async function play(stage: Stage, scenario: Scenario): Promise<Played> {
  const integration = stage.nextIntegration();
  const world = await World.start(integration, scenario);
  const played = new Play({ stage, scenario, integration, world });
  stage.playing.add(played);
  try {
    return await played.toItsEnd();
  } finally {
    stage.playing.delete(played);
    stage.proxy.holds.delete(integration);
    await world.close();
  }
}

interface Parts {
  readonly stage: Stage;
  readonly scenario: Scenario;
  readonly integration: string;
  readonly world: World;
}

class Play {
  hit = false;
  private readonly parts: Parts;
  private readonly story: string[] = [];
  private readonly began = Date.now();
  private readonly configurations: Configuration[] = [];
  private readonly underWay = new Set<Promise<void>>();
  private accepted: string[] = [];
  /** Those of a run that was ended by hand: nobody is owed a run for them. */
  private readonly forgone = new Set<string>();
  private requests = 0;
  private gate: Promise<void> = Promise.resolve();
  private truthful = false;

  constructor(parts: Parts) {
    this.parts = parts;
  }

  async toItsEnd(): Promise<Played> {
    const { scenario } = this.parts;
    const problems: string[] = [];
    try {
      await this.configure({ variant: 'plain', kinds: scenario.kinds });
      for (const [index, round] of scenario.rounds.entries()) await this.round(round, index);
      await this.cleanRun();
    } catch (error) {
      problems.push(`it did not come to its end: ${error instanceof Error ? error.message : String(error)}`);
      this.story.push(...(await this.standstill()));
    }
    const log = await persistently(() => this.readLog());
    return { violations: [...problems, ...violations(log)], log, story: this.story, hit: this.hit };
  }

  private async round({ changes, start, events }: Round, index: number): Promise<void> {
    const { world, scenario, stage } = this.parts;
    for (const change of changes) this.tell('before the run', () => world.apply(change), change);
    this.requests = 0;
    this.truthful = false;
    world.onRequest = async (url) => {
      const number = ++this.requests;
      for (const { at, event } of events) if (at === number) this.happen(event, url);
      const { kill } = scenario;
      if (kill?.round === index && kill.at === number) this.tell(url, () => stage.kill(kill.kill), kill);
      await this.gate;
    };
    await this.trigger(start);
    await this.settled();
    stage.proxy.holds.delete(this.parts.integration);
    world.heal();
  }

  private async cleanRun(): Promise<void> {
    const kinds = this.configurations.at(-1)?.kinds ?? [];
    await this.configure({ variant: 'plain', kinds, removed: 'delete', emptySource: 'delete' });
    this.tell('the clean run', () => {}, {});
    await this.trigger({ trigger: null, count: 1 });
    await this.settled();
  }

  private tell(when: string, act: () => unknown, what: object): void {
    this.story.push(`${Date.now() - this.began} ms, ${when}: ${JSON.stringify(what)}`);
    const acted = act();
    if (!(acted instanceof Promise)) return;
    const tracked: Promise<void> = acted
      .catch((error) => void this.story.push(`${JSON.stringify(what)} failed: ${error.message}`))
      .finally(() => this.underWay.delete(tracked));
    this.underWay.add(tracked);
  }

  private happen(event: Event, url: string): void {
    const { world } = this.parts;
    const when = `request ${this.requests} ${url}`;
    if ('fault' in event) {
      if (!this.truthful) this.tell(when, () => world.arm(url, event), event);
    } else if ('change' in event) this.tell(when, () => world.apply(event), event);
    else if ('trigger' in event) this.tell(when, () => this.trigger(event), event);
    else if ('fence' in event) this.tell(when, () => this.stall(event), event);
    else {
      const { kinds: all } = this.parts.scenario;
      const left = all.filter((kind) => kind !== event.without);
      const kinds = left.length > 0 ? left : all;
      this.tell(when, () => this.configure({ variant: event.configure, kinds }), event);
    }
  }

  private async configure(change: Pick<Configuration, 'variant' | 'kinds'> & Partial<Configuration>): Promise<void> {
    const { stage, scenario, integration, world } = this.parts;
    const { removed, emptySource } = scenario;
    const configuration = { removed, emptySource, ...change, number: this.configurations.length };
    this.configurations.push(configuration);
    const text = configurationText({ ...scenario, integration, baseUrl: world.url }, configuration);
    const loaded = loadConfiguration({ file: 'chaos.yaml', text }, configurationContext({}));
    await persistently(() => stage.client.importConfiguration(loaded));
  }

  private async trigger({ trigger, count }: Trigger): Promise<void> {
    const { stage, integration } = this.parts;
    const configured = this.configurations.at(-1)?.kinds ?? [];
    const kinds = trigger?.filter((kind) => configured.includes(kind));
    const one = () =>
      stage.client.resync(integration, { origin: 'sdk', queue: true, ...(kinds?.length ? { kinds } : {}) });
    const ids = await Promise.all(Array.from({ length: count }, () => persistently(one)));
    this.accepted.push(...ids);
  }

  /** Holds a run's transaction until the next run has begun, and keeps the source waiting until it went through. */
  private async stall({ fence, terminate }: Stall): Promise<void> {
    const { stage, integration } = this.parts;
    let fences = 0;
    await new Promise<void>((ended) => {
      const timer = setTimeout(ended, PATIENCE);
      stage.proxy.holds.set(integration, () => {
        if (++fences !== fence) return undefined;
        clearTimeout(timer);
        stage.proxy.holds.delete(integration);
        const held = this.untilTheNextRun(terminate);
        this.gate = held.then(() => delay(200));
        void this.gate.then(ended);
        return held;
      });
      // A round whose runs have no such transaction ends without it.
      void this.whenSettled().then(ended);
    });
  }

  private async untilTheNextRun(terminate: boolean): Promise<void> {
    const { stage, integration, world } = this.parts;
    const epoch = async (): Promise<number> => (await readAudit(stage.db, integration)).epochs.at(-1)?.epoch ?? 0;
    try {
      const before = await epoch();
      this.story.push(`${Date.now() - this.began} ms: epoch ${before} is held${terminate ? ' and terminated' : ''}`);
      if (terminate) {
        // Its activities may go on asking for a while: what they are told is not the next run's.
        this.truthful = true;
        world.disarm();
        for (const id of this.accepted) this.forgone.add(id);
        await stage.temporal.workflow.getHandle(resyncWorkflowId(integration)).terminate();
      }
      await this.trigger({ trigger: null, count: 1 });
      const deadline = Date.now() + LONGEST_STALL;
      while ((await epoch()) === before && Date.now() < deadline) await delay(30);
    } catch (error) {
      this.story.push(`the stall ended early: ${error}`);
    }
  }

  private async settled(): Promise<void> {
    await this.whenSettled();
    while (this.underWay.size > 0) {
      await Promise.all(this.underWay);
      await this.whenSettled();
    }
  }

  private async whenSettled(): Promise<void> {
    const deadline = Date.now() + PATIENCE;
    for (let known = 0; known < this.accepted.length; ) {
      const id = this.accepted[known] as string;
      const state = await persistently(() => readTrigger(this.parts.stage.db, id));
      if (state?.done) known += 1;
      else if (Date.now() > deadline) throw new Error(`trigger ${id} has waited ${PATIENCE} ms for its run`);
      else await delay(50);
    }
  }

  /** What is known of a run that does not come to its end. */
  private async standstill(): Promise<string[]> {
    const { stage, integration } = this.parts;
    const handle = stage.temporal.workflow.getHandle(resyncWorkflowId(integration));
    const [workflow, history] = await Promise.all([handle.describe(), handle.fetchHistory()]).catch(() => []);
    const { status, raw } = workflow ?? {};
    return [
      `the workflow is ${JSON.stringify({ status, pending: [raw?.pendingWorkflowTask, raw?.pendingActivities] })}`,
      `the last of its history: ${JSON.stringify(history?.events?.slice(-10))}`,
      `the workers said last: ${stage.crew.output}`,
    ];
  }

  private async readLog(): Promise<Log> {
    const { stage, integration, world } = this.parts;
    const audited = await readAudit(stage.db, integration);
    const reports = (await stage.client.runs(integration, 1_000)).reverse();
    return {
      states: world.states,
      answers: world.answers,
      writes: audited.writes,
      runs: reports.map((report) => this.runOf(report, audited)),
      triggers: this.accepted.filter((id) => !this.forgone.has(id)),
    };
  }

  private runOf(report: RunReport, { epochs, configVersions }: Audited): Run {
    const begin = epochs.find(({ epoch }) => epoch === report.epoch);
    if (!begin) throw new Error(`no epoch ${report.epoch} has begun`);
    const { outcome, kinds, removed, triggers, scope, finishedAt } = report;
    return {
      ...{ epoch: report.epoch, outcome, kinds, triggers, scope: scope.kinds },
      begun: begin.at,
      ended: finishedAt === null ? Number.POSITIVE_INFINITY : Date.parse(finishedAt),
      configuration: this.configurations[configVersions.indexOf(begin.configVersion)] as Configuration,
      deleted: kinds.reduce((sum, kind) => sum + kind.deleted, removed.deleted),
    };
  }
}

/** Again and again while PostgreSQL is away. */
async function persistently<T>(work: () => Promise<T>): Promise<T> {
  const deadline = Date.now() + 20_000;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (error instanceof UsageError || Date.now() > deadline) throw error;
      await delay(100);
    }
  }
}
