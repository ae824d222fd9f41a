/**
 * Sends rows to a router at a steady rate, each row one request, and goes round when they end.
 *
 * @param {object} options
 * @param {string} options.url the server
 * @param {string} options.router the router's name
 * @param {readonly object[][]} options.rows each row as the `inputs` of an Open Inference Protocol request
 * @param {number} options.perSecond requests a second
 * @returns {{ counts: { sent: number, ok: number, failed: number, served: Record<string, number> }, stop(): Promise<void> }}
 *   `failed` are answers of 5xx and requests that got none; `served` are good answers by the model that gave them.
 */
export function startClient({ url, router, rows, perSecond }) {
  const counts = { sent: 0, ok: 0, failed: 0, served: {} };
  const open = new Set();
  const begun = performance.now();

  async function send(inputs) {
    try {
      const response = await fetch(`${url}/v2/models/${router}/infer`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ inputs }),
        signal: AbortSignal.timeout(5000),
      });
      const body = await response.json();
      if (response.ok) {
        counts.ok++;
        counts.served[body.model_name] = (counts.served[body.model_name] ?? 0) + 1;
      } else if (response.status >= 500) counts.failed++;
    } catch {
      counts.failed++;
    }
  }

  // What is due by now, at most a few at once: timers are late on a busy machine.
  const timer = setInterval(() => {
    const due = Math.floor(((performance.now() - begun) / 1000) * perSecond);
    for (let burst = 0; counts.sent < due && burst < 50 && open.size < 100; burst++) {
      const request = send(rows[counts.sent % rows.length]);
      counts.sent++;
      open.add(request);
      request.finally(() => open.delete(request));
    }
  }, 10);

  return {
    counts,
    async stop() {
      clearInterval(timer);
      await Promise.all(open);
    },
  };
}
