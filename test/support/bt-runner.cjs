#!/usr/bin/env node
// What `bt functions push --runner` starts: Node 20 cannot run bt's own TypeScript runner by itself.
const { readFileSync } = require('node:fs');
const Module = require('node:module');
const { resolve } = require('node:path');
const typescript = require('typescript');

Module._extensions['.ts'] = (module, file) => {
  const { outputText } = typescript.transpileModule(readFileSync(file, 'utf8'), {
    fileName: file.replace(/ts$/, 'cts'),
    compilerOptions: { module: typescript.ModuleKind.NodeNext, target: typescript.ScriptTarget.ES2022 },
  });
  module._compile(outputText, file);
};
process.argv.splice(1, 1);
require(resolve(process.argv[1]));
