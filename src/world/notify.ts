/** Tells the outside that a person is needed: one HTTP POST, which may fail without consequence. */

/** POSTs the message as JSON; false when there is no URL or nobody took it within five seconds. */
export async function postNotification(
  url: string | undefined,
  message: Readonly<Record<string, unknown>>,
): Promise<boolean> {
  if (url === undefined) return false;
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(message),
      signal: AbortSignal.timeout(5_000),
    });
    // Nobody reads the answer; unread, it would keep its connection open.
    await response.body?.cancel();
    return response.ok;
  } catch {
    // A receiver that is down must never fail a run.
    return false;
  }
}
