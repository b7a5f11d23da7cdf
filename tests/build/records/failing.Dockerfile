FROM debian:bookworm-slim AS slow
RUN sleep 5
FROM debian:bookworm-slim
COPY a.txt /
RUN echo first; echo second >&2; \
    exit 3
COPY --from=slow /etc/hostname /h
