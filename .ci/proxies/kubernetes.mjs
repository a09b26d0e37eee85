// The printed Kubernetes objects against the schemas of their custom resources, as far as packages carry them.
//
// The package of Gateway API has the standard channel, which does not have the filter `ExternalAuth` yet, so an `HTTPRoute` is checked
// without it. No package carries the schemas of Envoy Gateway; the core objects are checked by `kubernetes-validate` (see `.ci/run`).
import { execFileSync } from 'node:child_process'
import { createRequire } from 'node:module'
import path from 'node:path'
import { pathToFileURL } from 'node:url'

const require = createRequire(path.join(process.env.SCHEMAS_DIR, 'package.json'))
const { parseAllDocuments } = require('yaml')
const PACKAGES = { 'gateway.networking.k8s.io': 'gateway-api', 'security.istio.io': 'istio', 'networking.istio.io': 'istio' }

let failed = false
let checked = 0
for (const target of ['gateway-api', 'istio', 'envoy-gateway']) {
  const text = execFileSync(process.env.AUTHORIZER_BIN, ['serve', '--print-config', target], { encoding: 'utf8' })
  for (const document of parseAllDocuments(text)) {
    if (document.errors.length) throw document.errors[0]
    const object = document.toJS()
    const [group, version] = object.apiVersion.split('/')
    const name = `${target}: ${object.kind} ${object.apiVersion}`
    if (!PACKAGES[group]) {
      console.log(`${name}: no package carries its schema; it is YAML with a kind and a name`)
      if (!object.kind || !object.metadata?.name) failed = true
      continue
    }
    let note = ''
    if (object.kind === 'HTTPRoute') {
      for (const rule of object.spec.rules) rule.filters = rule.filters.filter(({ type }) => type !== 'ExternalAuth')
      note = ', without the filter ExternalAuth, which the package does not have'
    }
    const module = `node_modules/@kubernetes-models/${PACKAGES[group]}/${group}/${version}/index.js`
    const { [object.kind]: Model } = await import(pathToFileURL(path.join(process.env.SCHEMAS_DIR, module)))
    try {
      new Model(object).validate()
      checked++
      console.log(`${name}: as its schema has it${note}`)
    } catch (error) {
      failed = true
      console.error(`${name}: ${error.message}`)
    }
  }
}
if (checked < 4) { failed = true; console.error('too few objects were checked') }
process.exit(failed ? 1 : 0)
