# The operator's image: one static binary, the roots that TLS trusts, nothing else.
#
#   docker build -t classiclink-operator:0.1.0 .

# The version of Rust is that of rust-toolchain.toml, which stays outside the build context so that the toolchain of
# this image is used as it is. On Alpine Rust links against musl: the binary needs no library at run time.
FROM rust:1.95.0-alpine AS build
RUN apk add --no-cache ca-certificates gcc musl-dev
WORKDIR /source
COPY . .
RUN cargo build --release --locked --package classiclink-operator --bin classiclink-operator

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /source/target/release/classiclink-operator /classiclink-operator
ENV SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt
# A number, so that the kubelet can tell that it is not root.
USER 65532:65532
EXPOSE 8080
ENTRYPOINT ["/classiclink-operator"]
