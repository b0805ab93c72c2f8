// psabridge-fault-proxy: the fault proxy as a program, to try things out by hand.
#include <CLI/CLI.hpp>
#include <charconv>
#include <csignal>
#include <iostream>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>

#include "tests/faultproxy/fault_proxy.h"

namespace {

using namespace psabridge::test;

struct Options {
  std::uint16_t port = 0;
  std::string target, credentials;
  bool connect_proxy = false;
  std::uint64_t seed = 1;
  std::optional<std::uint64_t> victims;
  Direction direction = Direction::both;
  Toxics toxics;
  std::int64_t latency = 0, jitter = 0, slow_close = 0, slice_delay = 0;  // ms
};

void describe(CLI::App& app, Options& options) {
  app.add_option("--port", options.port, "Where to listen on 127.0.0.1; any free port when not given");
  auto* const target = app.add_option("--target", options.target, "HOST:PORT that every connection goes to");
  app.add_option("--connect-proxy", options.credentials,
                 "Be an HTTP proxy for CONNECT; with USER:PASSWORD only for those who sign in")
      ->expected(0, 1)
      ->excludes(target);
  const std::map<std::string, Direction> directions{
      {"up", Direction::up}, {"down", Direction::down}, {"both", Direction::both}};
  app.add_option("--direction", options.direction, "Which bytes are afflicted: up, down or both")
      ->transform(CLI::CheckedTransformer(directions));
  app.add_option("--victims", options.victims, "Afflict this many connections, then none");
  app.add_option("--seed", options.seed, "Of the jitter");
  app.add_option("--latency", options.latency, "Milliseconds that every piece comes later");
  app.add_option("--jitter", options.jitter, "Milliseconds more or less than the latency");
  app.add_option("--bandwidth", options.toxics.bytes_per_second, "Bytes a second");
  app.add_option("--reset-after", options.toxics.reset_after, "Bytes, then RST");
  app.add_option("--cut-after", options.toxics.cut_after, "Bytes, then an orderly end");
  app.add_option("--slow-close", options.slow_close, "Milliseconds by which the end is told later");
  app.add_flag("--silent", options.toxics.silent, "Take everything and pass nothing on");
  app.add_option("--slice", options.toxics.slice, "Bytes of a piece");
  app.add_option("--slice-delay", options.slice_delay, "Milliseconds between two pieces");
}

Target target_of(const std::string& text) {
  const auto colon = text.rfind(':');
  Target target{text.substr(0, colon), 0};
  const char* const end = text.data() + text.size();
  if (colon == std::string::npos || std::from_chars(text.data() + colon + 1, end, target.port).ptr != end)
    throw std::runtime_error("--target must be HOST:PORT");
  return target;
}

std::unique_ptr<FaultProxy> make_proxy(const Options& options) {
  if (options.connect_proxy)
    return std::make_unique<FaultProxy>(ConnectMode{options.credentials, {}}, options.port, options.seed);
  return std::make_unique<FaultProxy>(target_of(options.target), options.port, options.seed);
}

void show(const FaultProxy::Counters& counters) {
  std::cout << "connections " << counters.connections << ", tunnels " << counters.tunnels
            << ", sign-ins refused " << counters.sign_ins_refused << ", resets " << counters.resets
            << ", cuts " << counters.cuts << ", bytes up " << counters.bytes_up << ", bytes down "
            << counters.bytes_down << std::endl;
}

}  // namespace

int main(int argc, char** argv) try {
  Options options;
  CLI::App app("Does to the connections that it forwards what bad networks do.");
  describe(app, options);
  CLI11_PARSE(app, argc, argv);
  using std::chrono::milliseconds;
  options.connect_proxy = app.count("--connect-proxy") > 0;
  options.toxics.latency = milliseconds(options.latency);
  options.toxics.jitter = milliseconds(options.jitter);
  options.toxics.slow_close = milliseconds(options.slow_close);
  options.toxics.slice_delay = milliseconds(options.slice_delay);

  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);  // before any thread begins
  const auto proxy = make_proxy(options);
  proxy->afflict(options.direction, options.toxics, options.victims);
  std::cout << "listening on " << proxy->address() << std::endl;
  int number = 0;
  sigwait(&signals, &number);
  show(proxy->counters());
  return 0;
} catch (const std::exception& error) {
  std::cerr << "psabridge-fault-proxy: " << error.what() << '\n';
  return 1;
}
