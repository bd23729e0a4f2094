// Package store writes each record once over the contract of package kv: sessions with their indexes and endings, flow runs, kept flow texts.
//
// It owns what commits together. Its functions take a kv.Reader or a kv.Tx where a caller composes them, a context where they are whole.
// It decides nothing about cookies or protocols, and no engine is named here.
package store
