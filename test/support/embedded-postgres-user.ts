// A process that uses the embedded PostgreSQL until its standard input ends: `node FILE DATA_DIR`.
import { startEmbeddedPostgres } from '../../src/db/embedded-postgres.ts';

const dataDir = process.argv[2];
if (!dataDir) throw new Error('name the data folder');
const server = await startEmbeddedPostgres({ dataDir, log: (line) => console.error(line) });
console.log(server.url);
process.stdin.resume().once('end', () => void server.stop());
