# Every target is one line that calls a script. `make` lists them.

.DEFAULT_GOAL := help
.PHONY: help run build test lint format clean run-local-model bench-quick kill-loop smoke webhook-interop \
	api-fuzz env-example

help: ## list these targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sort | awk -F ':.*## ' '{ printf "  make %-18s %s\n", $$1, $$2 }'

run: ## install what is missing, build for release, and serve on 127.0.0.1:3000
	@Scripts/run.sh

build: ## build for release
	@Scripts/build.sh

test: ## install what the tests need, build, and run all of them
	@Scripts/test.sh

lint: ## check the format
	@Scripts/lint.sh

format: ## format all sources in place
	@Scripts/format.sh

clean: ## remove what was built; ./data stays
	@Scripts/clean.sh

run-local-model: ## make one social post with a real language model on this machine
	@Scripts/run-local-model.sh

bench-quick: ## start-up, memory, CPU per request, jobs per second: medians of five
	@Scripts/bench-quick.sh

kill-loop: ## the kill test in its long form: KILLS=20 JOBS=300
	@Scripts/kill-loop.sh

smoke: ## start the release binary and run the curl lines that it prints
	@Scripts/smoke.sh

webhook-interop: ## have the public package standardwebhooks verify our deliveries
	@Scripts/webhook-interop.sh

api-fuzz: ## call the release binary with made-up requests, by the public package schemathesis
	@Scripts/api-fuzz.sh

env-example: ## write .env.example anew from the settings that the code declares
	@Scripts/env-example.sh
