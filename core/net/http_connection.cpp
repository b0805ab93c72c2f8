#include "core/net/http_connection.h"

#include <array>
#include <atomic>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <chrono>
#include <exception>

#include "core/net/http_answer.h"

namespace psabridge::net {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

// What a refused caller still sends is read and dropped, so that it comes to read the answer.
constexpr std::size_t kDrainBytes = 16u << 20;
constexpr Milliseconds kDrainTime{2'000};

ServerAnswer failure() { return error_answer(500, "internal", "The server failed at this request."); }

/// The total time for so many bytes.
Milliseconds time_for(std::uint64_t bytes, Milliseconds base) {
  return base + std::chrono::seconds(bytes / (64 * 1024));
}

/// One request's answer on its way back, from whatever thread. Thread-safe.
class PendingReply {
 public:
  PendingReply(std::shared_ptr<Gate> gate, std::weak_ptr<Connection> connection)
      : gate_(std::move(gate)), connection_(std::move(connection)) {}
  /// Nobody can answer any more: the caller shall not wait for ever.
  ~PendingReply() { give(failure()); }
  PendingReply(const PendingReply&) = delete;
  PendingReply& operator=(const PendingReply&) = delete;

  void give(ServerAnswer answer) {
    if (given_.exchange(true)) return;
    gate_->pass([&] {
      auto connection = connection_.lock();
      if (!connection) return;
      const auto executor = connection->executor();
      asio::post(executor, [connection = std::move(connection), answer = std::move(answer)]() mutable {
        connection->reply(std::move(answer));
      });
    });
  }

 private:
  const std::shared_ptr<Gate> gate_;
  const std::weak_ptr<Connection> connection_;
  std::atomic<bool> given_{false};
};

}  // namespace

ServerShared::ServerShared(ServerOptions wanted, HttpServer::Head on_head, HttpServer::Handler on_request)
    : options(std::move(wanted)),
      head(std::move(on_head)),
      handler(std::move(on_request)),
      roster(options.connections, options.connections_per_address) {}

void ServerShared::tell_trouble(const std::string& sentence) const {
  if (options.trouble) options.trouble(sentence);
}

Connection::Connection(tcp::socket socket, TlsSession tls, std::string peer, ServerShared& shared)
    : socket_(std::move(socket)),
      deadline_(socket_.get_executor()),
      wire_(socket_.native_handle(), std::move(tls)),
      peer_(std::move(peer)),
      shared_(shared),
      reader_(shared.options, peer_),
      phase_(wire_.secure() ? Phase::handshake : Phase::reading) {}

void Connection::start() {
  asio::post(executor(), [self = shared_from_this()] {
    if (self->phase_ == Phase::handshake)
      self->begin_request();
    else
      self->wait_for_request();
    self->advance();
  });
}

void Connection::dismiss() {
  asio::post(executor(), [self = shared_from_this()] { self->end(); });
}

void Connection::finish() {
  asio::post(executor(), [self = shared_from_this()] {
    self->closing_ = true;
    const bool nothing_begun =
        self->phase_ == Phase::handshake || (self->phase_ == Phase::reading && !self->reader_.begun());
    if (nothing_begun) self->end();
  });
}

void Connection::reply(ServerAnswer given) {
  if (phase_ != Phase::served) return;
  answer(std::move(given));
  advance();
}

/// Goes on as far as the socket lets it, then waits for what is needed. A call too many does no harm.
void Connection::advance() {
  for (;;) {
    switch (step()) {
      case Need::nothing:
        break;
      case Need::readable:
        return wait_until_ready(tcp::socket::wait_read);
      case Need::writable:
        return wait_until_ready(tcp::socket::wait_write);
      case Need::call:
        return;
      case Need::end:
        return end();
    }
  }
}

Connection::Need Connection::step() {
  switch (phase_) {
    case Phase::handshake:
      return shake_hands();
    case Phase::reading:
      return read_on();
    case Phase::sending:
      return send_on();
    case Phase::draining:
      return drain();
    case Phase::served:
    case Phase::over:
      break;
  }
  return Need::call;
}

Connection::Need Connection::shake_hands() {
  switch (wire_.shake_hands().outcome) {
    case Wire::Outcome::wants_read:
      return Need::readable;
    case Wire::Outcome::wants_write:
      return Need::writable;
    case Wire::Outcome::done:
      phase_ = Phase::reading;
      return Need::nothing;
    case Wire::Outcome::over:
      break;
  }
  // A caller that only looks whether the port is open is no failure.
  if (wire_.handshake_begun()) shared_.roster.count(Refusal::tls);
  return Need::end;
}

Connection::Need Connection::read_on() {
  switch (reader_.next()) {
    case RequestReader::Event::more:
      return receive();
    case RequestReader::Event::head:
      return judge_head();
    case RequestReader::Event::whole:
      return hand_over();
    case RequestReader::Event::refused:
      break;
  }
  return refuse(reader_.refusal());
}

Connection::Need Connection::receive() {
  std::array<char, 16 * 1024> buffer;  // on the stack: a connection that waits holds none
  const auto [outcome, size] = wire_.read(buffer);
  switch (outcome) {
    case Wire::Outcome::wants_read:
      return Need::readable;
    case Wire::Outcome::wants_write:
      return Need::writable;
    case Wire::Outcome::done:
      if (!head_timed_) begin_request();
      reader_.append({buffer.data(), size});
      return Need::nothing;
    case Wire::Outcome::over:
      break;
  }
  if (reader_.begun()) shared_.roster.count(Refusal::broken_off);
  return Need::end;
}

Connection::Need Connection::judge_head() {
  std::optional<ServerAnswer> refused;
  try {
    refused = shared_.head(reader_.head());
  } catch (const std::exception& error) {
    shared_.tell_trouble("A request of " + peer_ + " could not be judged: " + error.what());
    refused = failure();
  }
  if (refused) {
    closing_ = true;
    return answer(std::move(*refused));
  }
  set_deadline(time_for(reader_.head().content_length.value_or(0), shared_.options.body_time));
  if (!reader_.waits_for_continue()) return Need::nothing;
  out_ = "HTTP/1.1 100 Continue\r\n\r\n";
  continuing_ = true;
  phase_ = Phase::sending;
  return Need::nothing;
}

Connection::Need Connection::hand_over() {
  clear_deadline();
  phase_ = Phase::served;
  shared_.roster.mark(*this, Standing::served);
  const auto pending = std::make_shared<PendingReply>(shared_.gate, weak_from_this());
  try {
    shared_.handler(reader_.take_head(), reader_.take_body(),
                    [pending](ServerAnswer answer) { pending->give(std::move(answer)); });
  } catch (const std::exception& error) {
    shared_.tell_trouble("A request of " + peer_ + " could not be handled: " + error.what());
    pending->give(failure());
  }
  return Need::call;
}

Connection::Need Connection::refuse(const RequestRefusal& refusal) {
  shared_.roster.count(refusal.reason);
  closing_ = true;
  return answer(error_answer(refusal.status, name_of(refusal.reason), refusal.why));
}

Connection::Need Connection::answer(ServerAnswer answer) {
  if (!well_formed(answer)) {
    shared_.tell_trouble("The answer to a request of " + peer_ +
                         " has a status or a header that HTTP does not know.");
    answer = failure();
  }
  if (answer.close || !reader_.keep_alive()) closing_ = true;
  out_ = head_of(answer, closing_ ? "close" : "keep-alive");
  if (!reader_.body_unwanted()) out_ += body_of(answer);
  phase_ = Phase::sending;
  shared_.roster.mark(*this, Standing::unfinished);
  set_deadline(time_for(out_.size(), shared_.options.body_time));
  return Need::nothing;
}

Connection::Need Connection::send_on() {
  while (sent_ < out_.size()) {
    const auto [outcome, size] = wire_.write(std::string_view(out_).substr(sent_));
    if (outcome == Wire::Outcome::wants_read) return Need::readable;
    if (outcome == Wire::Outcome::wants_write) return Need::writable;
    if (outcome == Wire::Outcome::over) return Need::end;
    sent_ += size;
  }
  out_.clear();
  out_.shrink_to_fit();
  sent_ = 0;
  if (closing_ && !continuing_) {
    wire_.end_sending();
    phase_ = Phase::draining;
    set_deadline(kDrainTime);
    return Need::nothing;
  }
  phase_ = Phase::reading;
  if (!std::exchange(continuing_, false)) {
    reader_.restart();
    wait_for_request();
  }
  return Need::nothing;
}

/// A close with bytes unread would reset the connection and take the answer away from the caller.
Connection::Need Connection::drain() {
  while (drained_ <= kDrainBytes) {
    const auto [outcome, size] = wire_.discard();
    if (outcome == Wire::Outcome::wants_read) return Need::readable;
    if (outcome != Wire::Outcome::done) break;
    drained_ += size;
  }
  return Need::end;
}

void Connection::begin_request() {
  head_timed_ = true;
  shared_.roster.mark(*this, Standing::unfinished);
  set_deadline(shared_.options.head_time);
}

/// For the next request, of which the beginning may be here already.
void Connection::wait_for_request() {
  if (reader_.begun()) return begin_request();
  head_timed_ = false;
  shared_.roster.mark(*this, Standing::idle);
  set_deadline(shared_.options.idle_time);
}

void Connection::wait_until_ready(tcp::socket::wait_type what) {
  socket_.async_wait(what, [self = shared_from_this()](const error_code& error) {
    if (error != asio::error::operation_aborted) self->advance();
  });
}

void Connection::set_deadline(Milliseconds span) {
  deadline_.expires_after(span);
  deadline_.async_wait([self = shared_from_this()](const error_code& error) {
    // A deadline that was set anew just when it passed does not count.
    if (!error && self->deadline_.expiry() <= std::chrono::steady_clock::now()) self->on_deadline();
  });
}

void Connection::clear_deadline() { deadline_.expires_at(asio::steady_timer::time_point::max()); }

void Connection::on_deadline() {
  const bool request_begun = phase_ == Phase::reading && reader_.begun();
  const bool handshake_begun = phase_ == Phase::handshake && wire_.handshake_begun();
  if (handshake_begun || phase_ == Phase::sending) shared_.roster.count(Refusal::too_slow);
  if (!request_begun) return end();
  socket_.cancel();
  refuse({Refusal::too_slow, 408, "The request did not come in the time that it has."});
  advance();
}

void Connection::end() {
  if (phase_ == Phase::over) return;
  wire_.end_sending();
  phase_ = Phase::over;
  deadline_.cancel();
  error_code ignored;
  socket_.close(ignored);
  shared_.roster.leave(*this);
}

}  // namespace psabridge::net
