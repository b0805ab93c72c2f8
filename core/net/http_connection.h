// One connection of the HTTP server: reads requests, asks Head and Handler, sends answers, all within total
// time limits.
#pragma once
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>

#include "core/net/http_request_reader.h"
#include "core/net/http_server.h"
#include "core/net/roster.h"
#include "core/net/wire.h"

namespace psabridge::net {

/// The way from a Reply, on any thread, to the server's threads. It is shut before these end, and a Reply
/// that comes later finds it so. Thread-safe.
class Gate {
 public:
  template <class Step>
  void pass(Step&& step) {
    const std::lock_guard lock(mutex_);
    if (open_) step();
  }
  void shut() {
    const std::lock_guard lock(mutex_);
    open_ = false;
  }

 private:
  std::mutex mutex_;
  bool open_ = true;
};

/// What the connections of one server share. Outlives them. Thread-safe.
struct ServerShared {
  ServerShared(ServerOptions wanted, HttpServer::Head on_head, HttpServer::Handler on_request);
  void tell_trouble(const std::string& sentence) const;

  const ServerOptions options;
  const HttpServer::Head head;
  const HttpServer::Handler handler;
  Roster roster;
  const std::shared_ptr<Gate> gate = std::make_shared<Gate>();
};

/// Lives as long as the roster or something that it waits for holds it. Everything happens on the socket's
/// executor, a strand; dismiss() and finish() may be called from any thread.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(boost::asio::ip::tcp::socket socket, TlsSession tls, std::string peer, ServerShared& shared);

  void start();
  /// Closes at once.
  void dismiss();
  /// Closes after the request that has begun, if one has.
  void finish();
  /// The answer to the request that the handler has.
  void reply(ServerAnswer answer);
  auto executor() { return socket_.get_executor(); }

 private:
  enum class Phase : std::uint8_t { handshake, reading, served, sending, draining, over };
  /// What the next step needs.
  enum class Need : std::uint8_t { nothing, readable, writable, call, end };

  void advance();
  Need step();
  Need shake_hands();
  Need read_on();
  Need receive();
  Need judge_head();
  Need hand_over();
  Need refuse(const RequestRefusal& refusal);
  Need answer(ServerAnswer answer);
  Need send_on();
  Need drain();
  void begin_request();
  void wait_for_request();
  void wait_until_ready(boost::asio::ip::tcp::socket::wait_type what);
  void set_deadline(Milliseconds span);
  void clear_deadline();
  void on_deadline();
  void end();

  boost::asio::ip::tcp::socket socket_;
  boost::asio::steady_timer deadline_;
  Wire wire_;
  const std::string peer_;
  ServerShared& shared_;
  RequestReader reader_;
  Phase phase_;
  bool head_timed_ = false;  ///< the deadline of a head runs
  bool closing_ = false;     ///< the next answer is the last one
  bool continuing_ = false;  ///< what is sent is "100 Continue"
  std::string out_;          ///< being sent
  std::size_t sent_ = 0;     ///< of out_
  std::size_t drained_ = 0;
};

}  // namespace psabridge::net
