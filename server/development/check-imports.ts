import path from 'node:path'
import { RemedyError } from '../core/remedy-error.js'
import { findImportFaults } from './import-rules.js'

// Fails if an import violates the directions of docs/architecture.md, or if files import each other in a cycle.
const faults = findImportFaults(path.join(import.meta.dirname, '../..'))
if (faults.length > 0) throw new RemedyError(faults.join('\n'))
