# What people do with the source. `make` alone lists it.

export CGO_ENABLED = 0

TOOLS       := $(CURDIR)/.cache/bin
INTEROP     := internal/interop
TEST_FLAGS  ?=
# A package that needs this long hangs.
TEST_TIMEOUT ?= 20m
# So long each fuzz target runs.
FUZZTIME ?= 1m

BEGAN := $(shell date +%s)
say    = @printf '==> [%3d s] %s\n' $$(( $$(date +%s) - $(BEGAN) ))

GO_FILES = find . \( -name node_modules -o -name .cache -o -name .git \) -prune -o -name '*.go' -print

.PHONY: help run test deps build vet format types bench fuzz lint fmt cover
.NOTPARALLEL:

help: ## list these
	@sed -nE 's/^([a-z]+):[^#]*## (.*)/make \1\t\2/p' Makefile | expand -t 14

run: ## the demonstration on this machine, with nothing but Go
	@go run ./cmd/vigil demo

test: deps build vet format types ## everything that must hold before a commit
	$(say) 'go test'
	@go test -timeout $(TEST_TIMEOUT) $(TEST_FLAGS) ./...

deps: ## what the tests need beyond Go: Chromium, fonts, Node.js, Apache, nginx, Caddy, PostgreSQL, npm packages
	$(say) dependencies
	@.ci/deps

build:
	$(say) 'go build'
	@go build ./...

vet:
	$(say) 'go vet'
	@go vet ./...

format:
	$(say) gofmt
	@unformatted=$$($(GO_FILES) | xargs gofmt -l) && if [ -n "$$unformatted" ]; then \
		printf 'not in the form of gofmt; make fmt does it:\n%s\n' "$$unformatted" >&2; exit 1; fi

types: ## the JSDoc types of all scripts; wants make deps
	$(say) 'types of scripts'
	@node $(INTEROP)/node_modules/typescript/bin/tsc --project $(INTEROP)

bench: ## what a request costs, beside a bare Echo handler and node-oidc-provider in the same run
	@cd internal/bench/peer && { [ -d node_modules/oidc-provider ] || npm ci --loglevel=error >/dev/null || echo 'bench: node-oidc-provider could not be installed, so it is left out' >&2; }
	@go run ./internal/bench

fuzz: ## every fuzz target after the other, for FUZZTIME each; what breaks one stays as its seed in testdata/fuzz
	@grep -r --include='*_test.go' --exclude-dir=node_modules --exclude-dir=.cache '^func Fuzz' . | sed -E 's|^(.*)/[^/]*:func (Fuzz[A-Za-z0-9]*).*|\1 \2|' | sort | while read -r package target; do \
		printf '==> %s %s\n' "$$package" "$$target"; \
		nice go test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) -parallel 1 "$$package" || exit 1; done

lint: $(TOOLS)/golangci-lint ## what a linter knows; builds it the first time, which takes minutes
	$(say) golangci-lint
	@$(TOOLS)/golangci-lint run ./...

fmt: $(TOOLS)/gofumpt ## bring all Go files into form
	@$(GO_FILES) | xargs $(TOOLS)/gofumpt -w

cover: ## which statements the tests of each package pass
	@mkdir -p .cache
	@go test -timeout $(TEST_TIMEOUT) -coverprofile .cache/cover.out -coverpkg ./... ./... | sed -E 's/ of statements in .*//'
	@go tool cover -func .cache/cover.out | tail -n 1
	@echo 'go tool cover -html .cache/cover.out shows the lines'

# The tools have a module of their own, so that what they need never weighs on the server's.
$(TOOLS)/%: internal/tools/go.mod internal/tools/go.sum
	$(say) 'build $*'
	@go -C internal/tools build -o $(TOOLS)/ tool
