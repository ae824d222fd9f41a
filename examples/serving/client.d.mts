/** Sends rows to a router at a steady rate, each row one request, and goes round when they end. */
export function startClient(options: {
  readonly url: string;
  readonly router: string;
  /** Each row as the `inputs` of an Open Inference Protocol request. */
  readonly rows: readonly (readonly object[])[];
  readonly perSecond: number;
}): {
  /** `failed`: answers of 5xx and requests that got none; `served`: good answers by the model that gave them. */
  readonly counts: { sent: number; ok: number; failed: number; served: Record<string, number> };
  stop(): Promise<void>;
};
