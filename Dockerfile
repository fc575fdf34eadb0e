# One image per service: docker build --target votes-register --tag voting/votes-register:0.1.0 .
# The same base for both stages: what is built against Debian 12's libraries runs beside them.

FROM rust:1.95-bookworm AS build-tools
# librdkafka and OpenSSL are C.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends g++ make pkg-config libssl-dev \
    && rm -rf /var/lib/apt/lists/* \
    && cargo install --locked cargo-chef@0.1.78
WORKDIR /src

# What the dependencies are, apart from the sources: while that stays, the next stage's layer does too.
FROM build-tools AS plan
COPY . .
RUN cargo chef prepare --recipe-path recipe.json

FROM build-tools AS build
ENV SQLX_OFFLINE=true
COPY --from=plan /src/recipe.json .
RUN cargo chef cook --release --locked --recipe-path recipe.json \
    --package voters-frontend --package votes-register --package votes-aggregator --package production-frontend
COPY . .
RUN cargo build --release --locked \
    --package voters-frontend --package votes-register --package votes-aggregator --package production-frontend

# No shell and no package manager, and nobody is root. It has glibc, OpenSSL and certificates.
FROM gcr.io/distroless/cc-debian12:nonroot AS service
USER 65532:65532

FROM service AS voters-frontend
COPY --from=build /src/target/release/voters-frontend /usr/local/bin/
EXPOSE 8080 9180
ENTRYPOINT ["/usr/local/bin/voters-frontend"]
CMD ["serve"]

FROM service AS votes-register
COPY --from=build /src/target/release/votes-register /usr/local/bin/
EXPOSE 9180
ENTRYPOINT ["/usr/local/bin/votes-register"]
CMD ["run"]

FROM service AS votes-aggregator
COPY --from=build /src/target/release/votes-aggregator /usr/local/bin/
EXPOSE 9180
ENTRYPOINT ["/usr/local/bin/votes-aggregator"]
CMD ["watch"]

FROM service AS production-frontend
COPY --from=build /src/target/release/production-frontend /usr/local/bin/
EXPOSE 8080 9180
ENTRYPOINT ["/usr/local/bin/production-frontend"]
CMD ["serve"]
