/** The health check of the lab's container: whether the lab whose folder is named answers. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

try {
  const { controlUrl } = JSON.parse(readFileSync(join(process.argv[2], 'lab.json'), 'utf8'));
  const { ok, status } = await fetch(`${controlUrl}/world`);
  console.log(`the lab answers with status ${status}`);
  process.exitCode = ok ? 0 : 1;
} catch (error) {
  console.log(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
