FROM debian:bookworm-slim AS builder
ARG GREETING=hello
WORKDIR /src
COPY a.txt .
RUN echo "$GREETING" && \
    # said before the work
    cat a.txt a.txt > b.txt && \
    sleep 0.3

FROM debian:bookworm-slim
COPY --link --from=builder /src/b.txt /b.txt
RUN <<EOF
set -e
printf 'half a line'
sleep 0.1
echo ', and the rest'
EOF
MAINTAINER nobody
CMD cat /b.txt
