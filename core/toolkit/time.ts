let server: { readonly at: number; readonly read: number } | undefined;

/** Takes the `Date` header of an API answer as the time from here on. */
export function observeServerDate(header: string | null | undefined): void {
  const at = Date.parse(header ?? '');
  if (!Number.isNaN(at)) server = { at, read: performance.now() };
}

/**
 * The one clock of the project: the server's last word plus what has passed since; where no server was asked, the system's clock.
 */
export function now(): Date {
  return server === undefined ? new Date() : new Date(server.at + performance.now() - server.read);
}

/** RFC 3339 in UTC, whole seconds: `2001-05-14T08:00:00Z`. */
export function timestamp(date: Date): string {
  return `${date.toISOString().slice(0, 19)}Z`;
}
