# noesis on Debian 12, set up and built. For systems that ./noesis does not support.
#   docker build -t noesis . && docker run --rm -it noesis version
FROM debian:12
COPY . /noesis
WORKDIR /noesis
RUN ./noesis version
ENTRYPOINT ["./noesis"]
CMD ["help"]
