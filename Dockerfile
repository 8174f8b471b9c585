FROM swift:6.3-bookworm AS build
RUN apt-get update -qq \
    && apt-get install -y -qq --no-install-recommends libsqlite3-dev zlib1g-dev \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /build
COPY . .
RUN swift build -c release --product atelier --static-swift-stdlib \
    && install -D -s "$(swift build -c release --product atelier --static-swift-stdlib --show-bin-path)/atelier" /out/atelier

FROM debian:12-slim
RUN apt-get update -qq \
    && apt-get install -y -qq --no-install-recommends ca-certificates libsqlite3-0 zlib1g \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --user-group --uid 10001 --home-dir /data --no-create-home --shell /usr/sbin/nologin atelier \
    && install -d -o atelier -g atelier -m 0700 /data
COPY --from=build /out/atelier /usr/local/bin/atelier
USER atelier
WORKDIR /data
ENV ATELIER_HOST=0.0.0.0 ATELIER_DATA_DIR=/data
VOLUME /data
EXPOSE 3000
HEALTHCHECK --interval=10s --timeout=6s --start-period=20s --retries=3 \
    CMD atelier doctor --live "http://127.0.0.1:${ATELIER_PORT:-3000}"
ENTRYPOINT ["atelier"]
CMD ["serve", "--quiet"]
