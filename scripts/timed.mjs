/**
 * Does one thing that takes time; says before how long it usually takes, and after how long it took.
 *
 * @param {string} what
 * @param {string} usually
 * @param {() => void | Promise<void>} action
 */
export async function timed(what, usually, action) {
  const began = performance.now();
  console.error(`${what} (usually ${usually}) …`);
  await action();
  console.error(`${what}: done in ${((performance.now() - began) / 1000).toFixed(1)} s`);
}
