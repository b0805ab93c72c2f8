#include "core/net/http_server.h"

#include <fcntl.h>

#include <algorithm>
#include <boost/asio/error.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <mutex>
#include <thread>

#include "core/base/error.h"
#include "core/base/text.h"
#include "core/net/http_connection.h"
#include "core/net/server_tls.h"

namespace psabridge::net {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

constexpr Milliseconds kAcceptPause{100};

asio::ip::address plain(const asio::ip::address& address) {
  return address.is_v6() && address.to_v6().is_v4_mapped()
             ? asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6())
             : address;
}

/// What counts as one caller: an IPv4 address, or a network of IPv6, of which one host has many addresses.
/// Empty for loopback.
std::string origin_of(const asio::ip::address& address) {
  if (address.is_loopback()) return {};
  if (address.is_v4()) return address.to_string();
  auto bytes = address.to_v6().to_bytes();
  std::fill(bytes.begin() + 8, bytes.end(), std::uint8_t{0});
  return asio::ip::address_v6(bytes).to_string();
}

tcp::acceptor listen_at(const ServerOptions& options, asio::io_context& context) {
  tcp::acceptor acceptor(asio::make_strand(context));
  try {
    const auto host = options.host == "localhost" ? "127.0.0.1" : options.host;
    const tcp::endpoint endpoint(asio::ip::make_address(host), options.port);
    acceptor.open(endpoint.protocol());
    ::fcntl(acceptor.native_handle(), F_SETFD, FD_CLOEXEC);
    acceptor.set_option(tcp::acceptor::reuse_address(true));
    acceptor.bind(endpoint);
    acceptor.listen();
    return acceptor;
  } catch (const boost::system::system_error& error) {
    throw Error("PB2201", "The server cannot listen at " + options.host + ", port " +
                              std::to_string(options.port) + ": " + error.code().message() + ".");
  }
}

/// What runs the server, from its beginning to stop().
class Engine {
 public:
  Engine(ServerShared& shared, const std::optional<ServerTls>& tls)
      : shared_(shared),
        tls_(tls),
        acceptor_(listen_at(shared.options, context_)),
        pause_(acceptor_.get_executor()) {
    accept();
    for (std::size_t i = 0; i < std::max<std::size_t>(shared.options.threads, 1); ++i)
      threads_.emplace_back([this] { run(); });
  }
  ~Engine() {
    context_.stop();
    threads_.clear();
    shared_.roster.clear();  // the connections go before the context that they use
  }
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  std::uint16_t port() const { return acceptor_.local_endpoint().port(); }

  void stop_accepting() {
    asio::post(acceptor_.get_executor(), [this] {
      error_code ignored;
      acceptor_.close(ignored);
      pause_.cancel();
    });
  }

 private:
  void run() noexcept {
    while (!context_.stopped()) try {
        context_.run();
      } catch (const std::exception& error) {
        shared_.tell_trouble(std::string("A connection was left to its deadline: ") + error.what());
      } catch (...) {
        shared_.tell_trouble(
            "A connection was left to its deadline: Head or Handler threw what is no exception.");
      }
  }

  void accept() {
    acceptor_.async_accept(asio::make_strand(context_), [this](const error_code& error, tcp::socket socket) {
      if (!acceptor_.is_open()) return;
      if (error) return wait_after(error);
      troubled_ = false;
      accept();
      welcome(std::move(socket));
    });
  }

  /// Mostly the process has no descriptor left, and trying at once would take the whole processor.
  void wait_after(const error_code& error) {
    if (!std::exchange(troubled_, true))
      shared_.tell_trouble("New connections cannot be accepted: " + error.message() + ".");
    if (error == asio::error::no_descriptors) shared_.roster.make_room();
    pause_.expires_after(kAcceptPause);
    pause_.async_wait([this](const error_code& cancelled) {
      if (!cancelled) accept();
    });
  }

  /// A caller that is gone already, or that has no place, is dropped here.
  void welcome(tcp::socket socket) {
    error_code gone;
    const auto address = plain(socket.remote_endpoint(gone).address());
    if (gone) return;
    ::fcntl(socket.native_handle(), F_SETFD, FD_CLOEXEC);
    socket.native_non_blocking(true);
    socket.set_option(tcp::no_delay(true), gone);
    auto session = tls_ ? tls_->session(socket.native_handle()) : nullptr;
    const auto connection =
        std::make_shared<Connection>(std::move(socket), std::move(session), address.to_string(), shared_);
    if (shared_.roster.admit(connection, origin_of(address))) connection->start();
  }

  ServerShared& shared_;
  const std::optional<ServerTls>& tls_;
  asio::io_context context_;
  /// A connection whose handler has the request waits for nothing here, and its Reply needs a thread all the
  /// same.
  asio::executor_work_guard<asio::io_context::executor_type> work_{context_.get_executor()};
  tcp::acceptor acceptor_;
  asio::steady_timer pause_;
  bool troubled_ = false;  ///< the last accept failed
  std::vector<std::jthread> threads_;
};

}  // namespace

struct HttpServer::State {
  State(ServerOptions options, Head head, Handler handler)
      : shared(std::move(options), std::move(head), std::move(handler)) {
    if (!shared.options.certificate.empty()) tls.emplace(shared.options.certificate, shared.options.key);
    engine.emplace(shared, tls);
    port = engine->port();
  }

  ServerShared shared;
  std::optional<ServerTls> tls;
  std::uint16_t port = 0;
  std::mutex stopping;
  std::optional<Engine> engine;  ///< until stop()
};

HttpServer::HttpServer(ServerOptions options, Head head, Handler handler)
    : state_(std::make_unique<State>(std::move(options), std::move(head), std::move(handler))) {}

HttpServer::~HttpServer() { stop(Milliseconds(0)); }

std::uint16_t HttpServer::port() const { return state_->port; }

ServerFigures HttpServer::figures() const { return state_->shared.roster.figures(); }

void HttpServer::stop(Milliseconds patience) {
  const std::lock_guard lock(state_->stopping);
  if (!state_->engine) return;
  state_->engine->stop_accepting();
  for (const auto& connection : state_->shared.roster.close()) connection->finish();
  state_->shared.roster.wait_until_empty(patience);
  state_->shared.gate->shut();
  state_->engine.reset();
}

void HttpServer::reload_certificate() {
  if (state_->tls) state_->tls->reload();
}

std::string_view RequestHead::header(std::string_view name) const {
  const auto field = std::ranges::find_if(
      headers, [&](const auto& candidate) { return equals_ignoring_case(candidate.first, name); });
  return field == headers.end() ? std::string_view() : field->second;
}

std::string_view name_of(Refusal refusal) noexcept {
  switch (refusal) {
    case Refusal::malformed:
      return "malformed";
    case Refusal::head_too_large:
      return "head_too_large";
    case Refusal::body_too_large:
      return "body_too_large";
    case Refusal::too_slow:
      return "too_slow";
    case Refusal::tls:
      return "tls";
    case Refusal::too_many:
      return "too_many";
    case Refusal::broken_off:
      break;
  }
  return "broken_off";
}

}  // namespace psabridge::net
