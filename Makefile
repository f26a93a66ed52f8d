# One command for each habit. Build output stays outside the clone.
export CARGO_TARGET_DIR ?= $(HOME)/.cache/xinshu/target
DATA ?= data
XINSHU = $(CARGO_TARGET_DIR)/release/xinshu

.PHONY: run test lint bench fuzz conformance build deps

run: build ## Build, set up ./data on the first run, and serve
	@test -f $(DATA)/root.pem || $(XINSHU) init --data $(DATA)
	@ln -sf $(XINSHU) xinshu
	exec $(XINSHU) serve --data $(DATA)

build:
	cargo build --release --locked --bin xinshu

deps: ## Install what the tests drive: OpenSSL, SoftHSM2, PostgreSQL, Chromium, …
	scripts/test-deps

test: deps ## Every test, with real peers
	cargo test --workspace --locked --features test-clock --no-fail-fast

lint: ## Format, lints, and the structure of crates and modules
	scripts/check-layers
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked --features test-clock -- -D warnings
	@# As it is released, and as it is measured: without the tests' clock.
	cargo clippy --locked --bin xinshu -- -D warnings
	cargo clippy --locked --bin xinshu --features bench -- -D warnings

bench: deps ## One table of rates against their limits; with BASE=COMMIT, both commits in turns
	cargo build --release --locked --bin xinshu --features bench
	cp $(XINSHU) $(CARGO_TARGET_DIR)/xinshu-bench
	$(if $(BASE),scripts/build-base $(BASE) $(CARGO_TARGET_DIR)/xinshu-base)
	cargo run --release --locked -p bench -- --binary $(CARGO_TARGET_DIR)/xinshu-bench $(if $(BASE),--base $(CARGO_TARGET_DIR)/xinshu-base) $(BENCH)

conformance: build ## The OpenID Foundation's suite, with SUITE=CHECKOUT and a JDK of 21 or newer in JAVA_HOME
	@test -n "$(SUITE)" || { echo "SUITE=CHECKOUT: a clone of https://gitlab.com/openid/conformance-suite"; exit 2; }
	tests/conformance/run "$(SUITE)" $(XINSHU)

fuzz: ## Each parser for a minute
	scripts/fuzz
