# syntax=docker/dockerfile:1

# The wheel, with the desk and the widget in it. Node comes as a wheel too, for this stage only.
FROM python:3.11-slim-bookworm AS build
COPY requirements/bootstrap.txt /tmp/bootstrap.txt
RUN pip install --no-cache-dir --require-hashes -r /tmp/bootstrap.txt
WORKDIR /source
COPY . .
# Compiled here, since the service's own user may not write beside the code and would compile it at each start.
ENV UV_COMPILE_BYTECODE=1
RUN uv venv /opt/inbox \
 && uv pip install --no-cache --python /opt/inbox --require-hashes -r requirements/run.txt \
 && uv build --no-cache --wheel --build-constraints requirements/build.txt --out-dir /dist \
 && uv pip install --no-cache --python /opt/inbox --no-deps /dist/*.whl

FROM python:3.11-slim-bookworm
RUN useradd --system --uid 1000 --home-dir /data --shell /usr/sbin/nologin inbox \
 && install -d -o inbox -g inbox -m 0700 /data
COPY --from=build /opt/inbox /opt/inbox
ENV PATH=/opt/inbox/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    INBOX_HOST=0.0.0.0 \
    INBOX_PORT=8000 \
    INBOX_DATA_DIR=/data
USER 1000:1000
WORKDIR /data
VOLUME /data
EXPOSE 8000
# The slim image has no curl. Three tries, because the private database may be recovering after a power cut.
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 \
  CMD ["python", "-c", "import os, urllib.request as r; r.urlopen(f'http://127.0.0.1:{os.environ[\"INBOX_PORT\"]}/livez', timeout=4)"]
CMD ["inbox", "serve"]
