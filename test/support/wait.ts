/** Asks again and again until the answer is true. @throws with `what` when it is not within the time. */
export async function waitUntil(
  what: string,
  isTrue: () => boolean | Promise<boolean>,
  seconds = 90,
): Promise<void> {
  const deadline = performance.now() + seconds * 1_000;
  while (!(await isTrue())) {
    if (performance.now() > deadline) throw new Error(`${what}: not within ${seconds} s`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
