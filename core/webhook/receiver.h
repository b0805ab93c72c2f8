// Takes deliveries: from a request of the HTTP server to an event that is on disk. It judges where a delivery
// comes from and nothing else: what it says is looked into later, so that a sender is never turned away for
// what its own settings made it send.
#pragma once
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/clock.h"
#include "core/config/config.h"
#include "core/net/http_server.h"
#include "core/store/journal.h"
#include "core/webhook/figures.h"
#include "core/webhook/keys.h"

namespace psabridge::webhook {

/// A delivery that was not taken, as a log wants it.
struct RefusedDelivery {
  Reason reason;
  std::string_view connection;  ///< empty when there is none of the name that was asked for
  std::string_view peer;        ///< address of the caller
  std::string_view request;     ///< the id that the caller was given with the answer
  std::string_view detail;      ///< of a trouble of ours, for an admin; else empty
};

/// What the receiver needs of others. All are called from several threads at once, and must not block.
struct ReceiverPorts {
  /// Journal::accept.
  std::function<bool(store::Delivery, store::Journal::Done)> accept;
  /// True while nothing can be taken (Journal::full(), no room on the disk): callers are then sent away
  /// before their bodies are read.
  std::function<bool()> busy;
  /// Told of every delivery that is not taken, before the caller is.
  std::function<void(const RefusedDelivery&)> refused;
};

/// Where the source of a connection has to deliver. `secret` is part of it when the address is the proof.
std::string delivery_url(const std::string& public_url, const config::Connection& connection,
                         const std::string& secret);

/// Thread-safe. Answers of POST /webhooks/CONNECTION and /webhooks/CONNECTION/TOKEN:
///   202  {"id":7,"duplicate":false}, and "key_reuse":true when an earlier one of that key had other bytes
///   200  {"id":7,"duplicate":true}: stored before, under that id
///   401  no genuine proof; with our clock when only the time was wrong
///   404  no such connection, after the same work; 405 another method
///   503  with Retry-After: nothing was stored, for a reason of ours
/// Refusals carry the id of the request, by which they are found in the log.
class Receiver {
 public:
  /// For the connections that `keys` has. Everything referred to outlives the object; the object outlives the
  /// server and the journal, which call it.
  Receiver(const Keys& keys, ReceiverPorts ports, Clock& clock);
  ~Receiver();

  /// HttpServer::Head: refuses what can be refused without the body.
  std::optional<net::ServerAnswer> look(const net::RequestHead& head);
  /// HttpServer::Handler. `reply` is called once the delivery is on disk, or is refused.
  void take(const net::RequestHead& head, std::string body, net::Reply reply);

  Figures figures() const;

 private:
  struct Exchange;

  Counters& counters_of(std::string_view connection);
  std::string_view known_name(std::string_view connection) const;
  net::ServerAnswer refuse(Reason reason, std::string_view connection, std::string_view peer,
                           std::string_view detail = {});
  void store(const net::RequestHead& head, std::string_view connection, std::string body, net::Reply reply);
  net::ServerAnswer acknowledge(const Exchange& exchange, const store::Acceptance& acceptance);

  const Keys& keys_;
  const ReceiverPorts ports_;
  Clock& clock_;
  std::map<std::string, Counters, std::less<>> counters_;  ///< "": of no known connection
};

}  // namespace psabridge::webhook
