// Made by `npm run sync` from report.schema.json: change that.

/**
 * report.json: the machine-readable result of an action.
 */
export interface ActionReport {
  schema: 'greenlight.report/v1';
  action: string;
  model: string;
  verdict: 'pass' | 'fail' | 'inconclusive' | 'error';
  /**
   * What was judged, by sha256.
   */
  subjects: ReportSubject[];
  /**
   * The action's own findings, each with a `kind`.
   */
  findings: {
    kind: string;
  }[];
  /**
   * The report's blocks, as every renderer takes them.
   */
  report: import('../../kernel/blocks.ts').Report;
}
export interface ReportSubject {
  name: string;
  sha256: string;
}
