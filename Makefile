# Works as root, and as an ordinary user with sudo for what needs it alone:
# packages, and the capability of an installed binary.

PREFIX ?= /usr/local
DESTDIR ?=
ARGS ?= ping -c 3 127.0.0.1
FUZZ_SECONDS ?= 12
TARGETS ?=
PRODUCTS ?=

SUDO := $(shell [ "$$(id -u)" = 0 ] || echo sudo)
BUILD := .build-static
# The shipped binary: one file that needs no library of the system it runs on.
# The library of regular expressions is a megabyte of it unless every module does without it. Identical functions are
# folded. The unwinder of a static executable is given its frames at start and needs no table to search.
STATIC := -c release --product swift-net -Xswiftc -static-executable --scratch-path $(BUILD) \
    -Xswiftc -Xfrontend -Xswiftc -disable-implicit-string-processing-module-import \
    -Xlinker --icf=safe -Xlinker -O2 -Xlinker --no-eh-frame-hdr
BINARY := $(BUILD)/release/swift-net
MANUALS := $(wildcard man/*.[58])
# The monitor is a package of its own, with a database and a web server.
MONITOR_BUILD := .build-monitor
MONITOR := $(MONITOR_BUILD)/release/swift-net-monitor

.PHONY: run build monitor test test-more fuzz corpus signatures bench docs lint install install-monitor uninstall completions packages-build packages-test packages-lint packages-bench packages-servers clean

run: build
	$(BINARY) $(ARGS)

build: packages-build
	swift build $(STATIC)

monitor: packages-build packages-monitor
	swift build --package-path Monitor --scratch-path $(MONITOR_BUILD) -c release --product swift-net-monitor -Xswiftc -static-stdlib

# What the lab runs, and where it lists the runs.
test: export SWIFT_NET_BINARY = $(CURDIR)/$(BINARY)
test: export LAB_COMMAND_LOG = $(CURDIR)/.build/lab-commands
# The suites that are about loss, rates, floods, signals and timeouts, one test at a time: other load would disturb them.
TIMED := HostFloodTests|HTTP2Tests|LinkChangeTests|NameServerFallbackTests|NameServerSignalTests|OptionEffectTests|PingSweepLinkTests|RelayTests|SYNScanReliabilityTests|SYNScanTests|SignalTests|TracerouteWireTests|UserHost[A-Za-z]*Tests

test: build packages-test
	swift build --build-tests
	swift test --skip-build --skip LabTests
	Scripts/docs
	SWIFT_NET_TRIALS=1 swift build $(subst swift-net,scan-trial,$(STATIC))
	$(BUILD)/release/scan-trial
	SWIFT_NET_TRIALS=1 swift build $(subst swift-net,host-trial,$(STATIC))
	$(BUILD)/release/host-trial
	SWIFT_NET_TRIALS=1 swift build $(subst swift-net,fingerprint-trial,$(STATIC))
	$(BUILD)/release/fingerprint-trial Sources/SwiftNetSignatures/Products - --check
	rm -f $(LAB_COMMAND_LOG)
	swift test --skip-build --filter 'LabTests\.($(TIMED))' --no-parallel
	# The other suites wait most of their time.
	swift test --skip-build --filter LabTests --skip 'LabTests\.($(TIMED)|OptionCoverageTests)' --experimental-maximum-parallelization-width 4
	swift test --skip-build --filter OptionCoverageTests
	Scripts/fuzz $(FUZZ_SECONDS)

# The monitor: its own tests, and the program with Prometheus and a browser.
test-more: packages-build packages-monitor packages-test-more
	swift build --package-path Monitor --scratch-path $(MONITOR_BUILD) --build-tests
	swift test --package-path Monitor --scratch-path $(MONITOR_BUILD) --skip-build
	Tests/Monitor/run $(MONITOR_BUILD)/debug/swift-net-monitor

# Every parser of untrusted bytes, and a whole host, for FUZZ_SECONDS each: make fuzz FUZZ_SECONDS=600 TARGETS=host
fuzz:
	Scripts/fuzz $(FUZZ_SECONDS) $(TARGETS)

# The fuzzer's seeds written anew by the library; a test holds the committed ones against it.
corpus:
	SWIFT_NET_TRIALS=1 swift build --product fuzz-corpus
	SWIFT_NET_TRIALS=1 swift run --skip-build fuzz-corpus Tests/Fuzz/Corpus

# The signatures of http-fingerprint, from real servers that are started one after the other; see Tests/ReferenceServers.
signatures: build packages-servers
	python3 Tests/ReferenceServers/servers.py $(BINARY) .build/signatures $(PRODUCTS)
	python3 Tests/ReferenceServers/signatures.py $(if $(PRODUCTS),--keep) .build/signatures Sources/SwiftNetSignatures/Products Sources/CSignatureData/Data/signatures.deflate
	SWIFT_NET_TRIALS=1 swift build $(subst swift-net,fingerprint-trial,$(STATIC))
	$(BUILD)/release/fingerprint-trial Sources/SwiftNetSignatures/Products Sources/CSignatureData/Data/table.bin --table
	$(BUILD)/release/fingerprint-trial Sources/SwiftNetSignatures/Products Sources/CSignatureData/Data/calibrations.txt --learn
	$(if $(PRODUCTS),,python3 Tests/ReferenceServers/tls.py $(BINARY) Sources/CSignatureData/Data/tls.txt)

bench: build packages-bench packages-servers
	Benchmarks/run

# The documentation of the library products, in .build/docs; a link to a symbol that is not public is an error.
docs: packages-build
	Scripts/docs

lint: packages-lint
	swift format lint --strict --recursive --parallel Sources Tests Benchmarks Monitor/Sources Monitor/Tests Package.swift Monitor/Package.swift
	mandoc -Tlint -Wwarning $(MANUALS)
	Scripts/lint-prose

# What install puts under PREFIX, and uninstall removes.
INSTALLED := bin/swift-net bin/swift-net-monitor lib/systemd/system/swift-net-monitor.service $(patsubst man/%.8,share/man/man8/%.8,$(wildcard man/*.8)) $(patsubst man/%.5,share/man/man5/%.5,$(wildcard man/*.5)) share/bash-completion/completions/swift-net \
    share/zsh/site-functions/_swift-net share/fish/vendor_completions.d/swift-net.fish
FOLDERS := $(sort $(patsubst %/,%,$(dir $(INSTALLED))))

# The capability is set only on an installed system: a package sets it when it is installed, not when it is built.
install: build
	install -d $(addprefix $(DESTDIR)$(PREFIX)/,$(filter-out lib/%,$(FOLDERS)))
	install -m 755 -s $(BINARY) $(DESTDIR)$(PREFIX)/bin/swift-net
	install -m 644 $(wildcard man/*.8) $(DESTDIR)$(PREFIX)/share/man/man8/
	install -m 644 $(wildcard man/*.5) $(DESTDIR)$(PREFIX)/share/man/man5/
	install -m 644 completions/swift-net.bash $(DESTDIR)$(PREFIX)/share/bash-completion/completions/swift-net
	install -m 644 completions/_swift-net $(DESTDIR)$(PREFIX)/share/zsh/site-functions/_swift-net
	install -m 644 completions/swift-net.fish $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/swift-net.fish
ifeq ($(DESTDIR),)
	$(SUDO) setcap cap_net_raw+p $(PREFIX)/bin/swift-net
else
	@echo "No capability was set in DESTDIR. After installation: setcap cap_net_raw+p $(PREFIX)/bin/swift-net"
endif

# Beside swift-net, whose manual pages are those of the monitor too.
install-monitor: monitor
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/lib/systemd/system
	install -m 755 -s $(MONITOR) $(DESTDIR)$(PREFIX)/bin/swift-net-monitor
	sed 's|/usr/local/|$(PREFIX)/|' Monitor/swift-net-monitor.service > $(DESTDIR)$(PREFIX)/lib/systemd/system/swift-net-monitor.service
ifeq ($(DESTDIR),)
	$(SUDO) setcap cap_net_raw+p $(PREFIX)/bin/swift-net-monitor
endif

# The same PREFIX and DESTDIR as for install. Other files stay; so do the folders, except the empty ones in DESTDIR.
uninstall:
	rm -f $(addprefix $(DESTDIR)$(PREFIX)/,$(INSTALLED))
ifneq ($(DESTDIR),)
	cd $(DESTDIR) && for folder in $(addprefix $(PREFIX:/%=%)/,$(FOLDERS)); do \
	    [ ! -d $$folder ] || rmdir -p --ignore-fail-on-non-empty $$folder; done
endif

# Written anew from the binary; a test holds the committed ones against it.
completions: build
	$(BINARY) --generate-completion-script bash > completions/swift-net.bash
	$(BINARY) --generate-completion-script zsh > completions/_swift-net
	$(BINARY) --generate-completion-script fish > completions/swift-net.fish

packages-build:
	@Scripts/packages libcap-dev libc-ares-dev libidn2-dev libunistring-dev libssl-dev libnghttp2-dev zlib1g-dev libbrotli-dev libzstd-dev

packages-monitor:
	@Scripts/packages libsqlite3-dev

packages-test-more:
	@Scripts/packages iproute2 util-linux procps prometheus chromium chromium-driver python3 systemd curl openssl nginx-light caddy

packages-test:
	@Scripts/packages libcap2-bin iproute2 util-linux ethtool procps iputils-ping iputils-tracepath iputils-arping rarpd smcroute iperf fping traceroute mtr-tiny scamper nmap nftables dnsmasq-base tshark tcpdump python3-scapy mandoc nginx-light lighttpd curl openssl squid tinyproxy microsocks gcc libc6-dev binutils \
	    nghttp2-server haproxy h2o apache2-bin caddy bash zsh fish bash-completion tmux netbase python3-pip
	@Scripts/python-packages .build/python python-libnmap==0.7.3
	@Scripts/unpacked .build/peers arping libnet1
	@Scripts/foreign-release .build/foreign/trixie trixie
	@Scripts/foreign-release .build/foreign/bullseye bullseye

packages-lint:
	@Scripts/packages mandoc codespell

packages-bench:
	@Scripts/packages iproute2 util-linux procps iputils-ping iputils-tracepath fping traceroute mtr-tiny scamper nftables tcpdump python3 time \
	    arp-scan zmap masscan nmap gcc libc6-dev dnsmasq-base binutils openssl nghttp2-client
	@Scripts/unpacked .build/peers arping libnet1

# Express without Debian's Node.js, which may conflict with the installed one.
EXPRESS := express accepts array-flatten body-parser bytes content-disposition content-type cookie cookie-signature debug depd \
    encodeurl escape-html etag finalhandler fresh http-errors iconv-lite inherits ipaddr.js media-typer merge-descriptors methods \
    mime mime-types ms negotiator on-finished parseurl path-to-regexp proxy-addr qs range-parser raw-body safe-buffer send \
    serve-static setprototypeof statuses toidentifier type-is unpipe utils-merge vary debbundle-es-to-primitive deep-equal \
    function-bind object-inspect
packages-servers:
	@Scripts/packages iproute2 util-linux curl python3 python3-pip nginx-light apache2-bin lighttpd caddy haproxy varnish \
	    squid tinyproxy h2o mini-httpd webfs micro-httpd busybox civetweb yaws tomcat10 jetty9 default-jre-headless nodejs \
	    php-cli ruby ruby-webrick puma golang-go trafficserver nghttp2-proxy privoxy perlbal unicorn thin starman twiggy \
	    libhttp-daemon-perl libmojolicious-perl libev-dev gcc g++ libc6-dev default-jdk-headless \
	    libnetty-java libhttpcore-java libmicrohttpd-dev libevent-dev libpoco-dev libboost-dev libcpp-httplib-dev \
	    erlang-base erlang-inets erlang-mochiweb swi-prolog-nox racket guile-3.0 sbcl cl-hunchentoot gir1.2-soup-3.0 python3-gi \
	    cups-daemon monit aria2 transmission-daemon apt-cacher-ng webdis mighttpd2 libnginx-mod-http-lua php8.2-fpm \
	    lighttpd-mod-openssl hitch stunnel4 passenger
	@Scripts/unpacked .build/servers/debian-rabbitmq-server rabbitmq-server
	@Scripts/unpacked .build/servers/debian-node $(addprefix node-,$(EXPRESS))

clean:
	rm -rf .build $(BUILD) $(MONITOR_BUILD)
