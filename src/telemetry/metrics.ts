// The metrics of a server, as Prometheus reads them. Counters begin at 0 with each process, as Prometheus expects.

import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { METRICS, type MetricDefinition } from './metric-definitions.ts';

type Definitions = typeof METRICS;
type Label<Name extends keyof Definitions> = Definitions[Name]['labels'][number];
type Instrument<Name extends keyof Definitions> = Definitions[Name]['type'] extends 'counter'
  ? Counter<Label<Name>>
  : Definitions[Name]['type'] extends 'gauge'
    ? Gauge<Label<Name>>
    : Histogram<Label<Name>>;
type Instruments = { readonly [Name in keyof Definitions]: Instrument<Name> };

/** Sets gauges to what they are now. */
type Collect = () => Promise<void> | void;

/** Of the process: memory, CPU, garbage collection, the event loop. Shared by all servers in it; created when first read. */
let processRegistry: Registry | undefined;
const EVENT_LOOP_PRECISION_MS = 10;

export class Metrics {
  readonly #registry = new Registry();
  readonly #collects: Collect[] = [];
  readonly #instruments: Instruments;
  #collecting: Promise<void> | undefined;

  constructor() {
    const made = Object.entries(METRICS).map(([key, definition]) => [key, this.#create(definition)]);
    this.#instruments = Object.fromEntries(made) as Instruments;
  }

  /** The instruments by their names in `METRICS`. */
  get of(): Instruments {
    return this.#instruments;
  }

  /** @param collect is called before each scrape. If it fails, its values are missing */
  beforeScrape(collect: Collect): void {
    this.#collects.push(collect);
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  /** In the text format of Prometheus. Scrapes at the same time share what is read for them. */
  async text(): Promise<string> {
    this.#collecting ??= this.#collect().finally(() => {
      this.#collecting = undefined;
    });
    await this.#collecting;
    const texts = await Promise.all([this.#registry.metrics(), ofProcess().metrics()]);
    return texts.join('\n');
  }

  async #collect(): Promise<void> {
    const settled = await Promise.allSettled(this.#collects.map(async (collect) => collect()));
    const failed = settled.filter(({ status }) => status === 'rejected').length;
    if (failed > 0) this.#instruments.scrapeErrors.inc(failed);
  }

  #create({ type, name, help, labels, buckets }: MetricDefinition): Counter | Gauge | Histogram {
    const configuration = { name, help, labelNames: labels, registers: [this.#registry] };
    if (type === 'counter') return new Counter(configuration);
    if (type === 'gauge') return new Gauge(configuration);
    return new Histogram({ ...configuration, ...(buckets && { buckets: [...buckets] }) });
  }
}

function ofProcess(): Registry {
  if (!processRegistry) {
    processRegistry = new Registry();
    collectDefaultMetrics({
      register: processRegistry,
      eventLoopMonitoringPrecision: EVENT_LOOP_PRECISION_MS,
    });
  }
  return processRegistry;
}
