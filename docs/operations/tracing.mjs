// Starts OpenTelemetry before the server: node --import ./tracing.mjs dist/server/main.js
// OTEL_SERVICE_NAME, OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_TRACES_SAMPLER and the other variables of its specification apply.
import { register } from 'node:module'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { registerInstrumentations } from '@opentelemetry/instrumentation'
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http'
import { PgInstrumentation } from '@opentelemetry/instrumentation-pg'
import { PinoInstrumentation } from '@opentelemetry/instrumentation-pino'
import { defaultResource, detectResources, envDetector } from '@opentelemetry/resources'
import { BatchSpanProcessor, NodeTracerProvider } from '@opentelemetry/sdk-trace-node'

// Packages that are ES modules are instrumented by a loader.
register('@opentelemetry/instrumentation/hook.mjs', import.meta.url)

const isProbe = ({ url }) => ['/livez', '/readyz', '/metrics'].includes(url ?? '')
const http = new HttpInstrumentation({
  ignoreIncomingRequestHook: isProbe,
  // As in the log, because a query may have personal data.
  requestHook: (span) => void span.setAttribute('url.query', ''),
})
registerInstrumentations({
  instrumentations: [
    http,
    new PgInstrumentation({ requireParentSpan: true }),
    new PinoInstrumentation({ disableLogSending: true }),
  ],
})

const provider = new NodeTracerProvider({
  resource: defaultResource().merge(detectResources({ detectors: [envDetector] })),
  spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter())],
})
provider.register()

// The server ends by itself after SIGTERM. What is not sent yet is sent then.
process.once('beforeExit', () => provider.shutdown())
