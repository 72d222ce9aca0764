/** Ends the Temporal server that setup.ts started. */
import './setup';

export default async function endServer(): Promise<void> {
  await globalThis.endStoriesServer?.();
}
