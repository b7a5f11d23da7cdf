import { createServer } from "node:http";
import ms from "ms";

createServer((_, answer) => answer.end(`an hour has ${ms("1h")} ms\n`)).listen(3000);
