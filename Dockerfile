# noesis on Debian 12, set up and built: for systems that ./noesis does not support. Both commands of the README:
#   docker build -t noesis .
#   docker run --rm -v "$PWD/runs:/noesis/runs" noesis simulate configs/celegans.toml --out runs/run.h5
#   docker run --rm noesis test
# Without --build-arg PIP_EXTRA_INDEX_URL=URL, the CPU index that pytorch.org names, pip may take PyTorch for CUDA.
FROM debian:12
ARG PIP_EXTRA_INDEX_URL=
COPY . /noesis
WORKDIR /noesis
RUN ./noesis version
ENTRYPOINT ["./noesis"]
CMD ["help"]
