# Needs Rust (rustup), Go, GNU make, a C and (for `make fuzz`) a C++ compiler, bash and curl. `make` alone prints the
# targets.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:

TARGET := $(or $(CARGO_TARGET_DIR),target)
BIN := $(TARGET)/debug
CRDS := crds/classiclink.dev.yaml

.PHONY: help
help: ## Print the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: build
build: ## Build the operator, the simulator and the control plane's program
	cargo build --locked --workspace --bins

# The Kubernetes programs: built once into a cache outside the checkout, minutes when it is empty.
# Not needed where CLUSTER_KUBECONFIG names a cluster.
.PHONY: kubernetes
kubernetes: build
ifeq ($(CLUSTER_KUBECONFIG),)
	"$(BIN)/control-plane" build
endif

.PHONY: demo
demo: kubernetes ## Show each thing the operator does, on a control plane and a cloud of its own
	BIN="$(BIN)" examples/demo.sh demo

.PHONY: dev
dev: kubernetes ## The same set-up, left running until Ctrl-C
	BIN="$(BIN)" examples/demo.sh dev

# The cluster tests wait more than they work: four at a time, on two cores too (222 s instead of 305 s).
# Programs and tests are built in one go, so that dependencies are compiled once: the tests start the programs.
.PHONY: test
test: ## Build everything, then run every test
	cargo build --locked --workspace --bins --tests
	"$(BIN)/control-plane" build
	RUST_TEST_THREADS=4 cargo test --locked --workspace
	cargo test --locked --profile model --test model -- --nocapture
	tests/conformance/run "$(BIN)/classiclink-sim" "$(TOOLS)" --where-possible

# Every life of tests/cluster/switches.rs. SEED=… leads them with the same lots as another run did,
# LIVES=… begins with the life of that number.
.PHONY: verify
verify: ## Lead a link's whole life under every setting of the simulator's switches; up to 40 minutes
	cargo build --locked --workspace --bins --tests
	"$(BIN)/control-plane" build
	cargo test --locked --test cluster -- switches::every_life switches::space --include-ignored --nocapture

# Needs Python; only after a change of tests/data/switches.json.
.PHONY: pairs
pairs: ## Choose anew which settings of the switches are tested together
	venv=$$(mktemp -d); trap 'rm -rf "$$venv"' EXIT; python3 -m venv "$$venv"; \
		"$$venv/bin/pip" install --quiet allpairspy==2.5.1; "$$venv/bin/python" tests/data/pairs.py

.PHONY: fmt
fmt: ## Format the code
	cargo fmt --all

.PHONY: lint
lint: ## Check format and lints
	cargo fmt --all --check
	cargo clippy --locked --workspace --all-targets -- -D warnings

.PHONY: docs
docs: ## Build the crate documentation; the operator's story starts at classiclink
	RUSTDOCFLAGS="-D warnings" cargo doc --locked --workspace --no-deps --document-private-items

.PHONY: crds
crds: ## Write crds/ anew from the types
	definitions=$$(cargo run -q --locked --bin crdgen); printf '%s\n' "$$definitions" > "$(CRDS)"

.PHONY: clean
clean: ## Remove what cargo built; the cache of Kubernetes programs stays
	cargo clean

.PHONY: conformance
conformance: ## Let the vendors' own Python libraries judge the simulator and the operator's signatures
	cargo build --locked --workspace --bins
	tests/conformance/run "$(BIN)/classiclink-sim" "$(TOOLS)"

# The tools are looked for first: llvm-22 is a Debian package (the one whose tools read this compiler's profiles),
# cargo-llvm-cov is built into the cache.
TOOLS := $(or $(CLASSICLINK_CACHE),$(or $(XDG_CACHE_HOME),$(HOME)/.cache)/classiclink)/tools
CARGO_LLVM_COV := 0.9.1
NOT_CORE := src/(api|bin|cloud|controller)/|src/[a-z]+\.rs|src/link/tests/|sim/|tests/

.PHONY: coverage
coverage: ## Coverage of the deciding core by line; fails below 98 %
	command -v llvm-cov-22 llvm-profdata-22 > /dev/null || apt-get install -y llvm-22
	test -x "$(TOOLS)/bin/cargo-llvm-cov" || cargo install --locked --root "$(TOOLS)" cargo-llvm-cov@$(CARGO_LLVM_COV)
	LLVM_COV=llvm-cov-22 LLVM_PROFDATA=llvm-profdata-22 "$(TOOLS)/bin/cargo-llvm-cov" llvm-cov --locked --lib \
		--ignore-filename-regex '$(NOT_CORE)' --fail-under-lines 98

CARGO_FUZZ := 0.13.1
FUZZ_SECONDS := 20
FUZZ_TARGETS := tencent_v2 tencent_v3 tencent_sts alibaba alibaba_sts

# The pinned compiler takes the flags of a fuzzer with RUSTC_BOOTSTRAP. No sanitizer: the code is safe Rust, and what is
# looked for are panics, hangs and memory.
.PHONY: fuzz
fuzz: ## Throw garbage at the parsers of answers, FUZZ_SECONDS for each parser; fails on a panic, a hang or a flood
	test -x "$(TOOLS)/bin/cargo-fuzz" || cargo install --locked --root "$(TOOLS)" cargo-fuzz@$(CARGO_FUZZ)
	for target in $(FUZZ_TARGETS); do \
		mkdir -p "fuzz/corpus/$$target"; \
		RUSTC_BOOTSTRAP=1 PATH="$(TOOLS)/bin:$$PATH" cargo fuzz run --sanitizer none --target-dir "$(TARGET)/fuzz" "$$target" \
			"fuzz/corpus/$$target" "fuzz/seeds/$$target" -- -dict=fuzz/dictionary -max_total_time=$(FUZZ_SECONDS) \
			-max_len=16384 -timeout=5 -rss_limit_mb=1024 -print_final_stats=1; \
	done
