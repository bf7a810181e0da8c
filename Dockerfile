FROM python:3.12-slim AS build
WORKDIR /source
COPY pyproject.toml README.md LICENSE NOTICE ./
COPY src src
RUN python -m venv /opt/sosie && /opt/sosie/bin/pip install --no-cache-dir '.[elasticsearch]'

FROM python:3.12-slim
COPY --from=build /opt/sosie /opt/sosie
RUN useradd --system --uid 10001 --home-dir /data sosie && install -d -o sosie -g sosie /data
ENV PATH=/opt/sosie/bin:$PATH PYTHONUNBUFFERED=1 SOSIE_STORE=/data/shop.sosie SOSIE_KEYS=/data/keys.json
USER 10001
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 \
  CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
ENTRYPOINT ["sosie"]
CMD ["serve", "--host", "0.0.0.0", "--create"]
