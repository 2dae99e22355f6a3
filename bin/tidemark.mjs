#!/usr/bin/env -S node --max-old-space-size=1024 --max-semi-space-size=8
// The limits keep V8 from letting garbage pile up: without them a worker takes 450 MB for what fits into 280.
import { runCli } from '../scripts/run-cli.mjs';

process.exitCode = await runCli(process.argv.slice(2));
