import { openSession, type TrinoRows } from '../../core/toolkit/table/trino/protocol.ts';

/** A real Trino that tests may write to, with the catalog `memory`: GREENLIGHT_TRINO is its port on this computer. */
export interface Cluster {
  readonly port: number;
  /** Runs statements one after the other; the rows of the last. */
  run(...statements: readonly string[]): Promise<TrinoRows>;
}

const PORT = process.env['GREENLIGHT_TRINO'];

/** Why there is no Trino; undefined where there is one. */
export function noCluster(): string | undefined {
  return PORT === undefined ? 'no Trino: GREENLIGHT_TRINO names no port' : undefined;
}

export function cluster(): Cluster {
  const port = Number(PORT);
  const headers = {
    'X-Trino-User': 'tests',
    'X-Trino-Catalog': 'memory',
    'X-Trino-Schema': 'default',
    'X-Trino-Time-Zone': 'UTC',
    'X-Trino-Client-Capabilities': 'PARAMETRIC_DATETIME',
  };
  const session = openSession(`http://127.0.0.1:${port}`, headers, {
    statement: 60_000,
    grace: 5_000,
    tries: 3,
    pause: 100,
  });
  return {
    port,
    async run(...statements) {
      let rows: TrinoRows = [];
      for (const statement of statements) rows = await session.run(statement);
      return rows;
    },
  };
}
