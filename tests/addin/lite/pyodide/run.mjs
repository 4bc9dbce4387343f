// Runs alone.py in Pyodide: node run.mjs FOLDER main.py alone.py questions.json answers.json
// FOLDER holds what get_pyodide.py fetched; nothing is loaded from the network.
import fs from "fs";
import path from "path";
import { pathToFileURL } from "url";

const [folder, main, alone, questions, answers] = process.argv.slice(2);
const bytes = (file) => new Uint8Array(fs.readFileSync(file));

async function run() {
  const { loadPyodide } = await import(pathToFileURL(path.join(folder, "node_modules/pyodide/pyodide.mjs")));
  const started = Date.now();
  const python = await loadPyodide({ packageCacheDir: path.join(folder, "packages") });
  await python.loadPackage(["numpy"], { messageCallback: () => {} });
  const wheel = fs.readdirSync(folder).find((name) => name.startsWith("xlwings-"));
  python.unpackArchive(bytes(path.join(folder, wheel)), "wheel");
  for (const [name, file] of Object.entries({ "main.py": main, "alone.py": alone, "questions.json": questions })) {
    python.FS.writeFile(name, bytes(file));
  }
  console.log(`ready in ${((Date.now() - started) / 1000).toFixed(1)} s`);
  await python.runPythonAsync(`
import sys
import time
sys.path.insert(0, ".")
import alone
began = time.perf_counter()
await alone.ask("main.py", "questions.json", "answers.json")
took = time.perf_counter() - began
import numpy
print(f"Python {sys.version.split()[0]} under Pyodide, numpy {numpy.__version__}: answered in {took:.1f} s")
`);
  fs.writeFileSync(answers, python.FS.readFile("answers.json"));
}

run().catch((error) => {
  console.error(String(error.message ?? error).slice(-1500)); // node would print the minified source as well
  process.exit(1);
});
