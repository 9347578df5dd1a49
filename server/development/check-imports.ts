import path from 'node:path'
import { RemedyError } from '../core/remedy-error.js'
import { findImportFaults } from './import-rules.js'

// Fails if an import runs against the directions of docs/architecture.md, or files import each other in a circle.
const faults = findImportFaults(path.join(import.meta.dirname, '../..'))
if (faults.length > 0) throw new RemedyError(faults.join('\n'))
