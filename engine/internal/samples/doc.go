// Package samples declares capabilities for the tests of the compiler: those that flows in the manual use, whether they ship or not.
// Nothing of them runs.
package samples
