# Atoll: Amazon EKS on your own machine. Needs git, make and any Node from 20 on; everything else comes with `npm ci`.
.DEFAULT_GOAL := help
.PHONY: help install demo demo-stop test test-slow test-oracle check format bench bench-scale

ATOLL := node bin/atoll.js --data-dir .atoll
# npm scripts run on the Node that npm installs beside them, whatever Node started npm.
NPM := npm --silent

help: ## Lists what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

install: node_modules/.installed ## Installs what Atoll needs from the npm registry

node_modules/.installed: package-lock.json
	@npm ci --no-audit --no-fund --loglevel=error
	@touch $@

demo: install ## A cluster with nodes and pods, end to end; leaves Atoll running
	@$(ATOLL) down >/dev/null 2>&1 || true
	@rm -rf .atoll
	@$(ATOLL) up --detach
	@$(ATOLL) demo

demo-stop: ## Stops what `make demo` started
	@$(ATOLL) down

test: install ## The default test suite
	@$(NPM) test

test-slow: install ## Tests that wait for their clients: Terraform, where it is installed
	@$(NPM) run test:slow

check: install ## Lint, layers and types
	@$(NPM) run lint
	@$(NPM) run types

format: install ## Formats the code
	@$(NPM) run format

bench: install ## One line per figure
	@$(NPM) run bench

test-oracle: install ## Kubernetes semantics beside a real kube-apiserver (as root on Debian; builds it once, ten minutes)
	@scripts/kubernetes-oracle.sh
	@$(NPM) run test:oracle

bench-scale: install ## A cluster of 5,000 nodes and 150,000 pods: many minutes, some GB of memory
	@$(NPM) run bench:scale
