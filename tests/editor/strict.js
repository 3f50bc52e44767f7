// Compiles the schemas that stdin brings, `[{"name": ..., "schema": ...}, ...]`, with ajv as strict as it is by default.
// Each may refer to those before it. Prints what ajv says of each that it refuses.
const Ajv = require("ajv/dist/2020").default;

const quiet = { log() {}, warn() {}, error() {} };
const ajv = new Ajv({ logger: quiet });
const refused = {};
for (const { name, schema } of JSON.parse(require("fs").readFileSync(0, "utf-8"))) {
  try {
    ajv.compile(schema);
  } catch (error) {
    refused[name] = error.message;
  }
}
console.log(JSON.stringify(refused));
