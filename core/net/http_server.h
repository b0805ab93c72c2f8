// An HTTP/1.1 server for callers that are not trusted: every connection has total time limits, heads and
// bodies have sizes, and a request that two parsers could read in two ways is refused.
//
// Threads: the server has threads of its own. Head and Handler run on them, several at once, and must not
// block: an answer that takes time is given later, from any thread.
#pragma once
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/clock.h"

namespace psabridge::net {

/// The beginning of a request.
struct RequestHead {
  std::string method;
  std::string path;   ///< percent-decoded, without the query
  std::string query;  ///< as sent, without the '?'
  std::vector<std::pair<std::string, std::string>> headers;
  std::string peer;  ///< address of the caller, without the port
  std::optional<std::uint64_t> content_length;

  /// First value of a header, compared without case; empty when absent.
  std::string_view header(std::string_view name) const;
};

struct ServerAnswer {
  int status = 200;
  std::string content_type = "application/json";
  std::vector<std::pair<std::string, std::string>> headers = {};
  std::string body = {};
  bool close = false;  ///< the connection ends with this answer
};

/// Gives the answer to one request, from any thread; the first call counts. After the end of the connection
/// or of the server it does nothing. Who drops it without a call answers 500.
using Reply = std::function<void(ServerAnswer)>;

struct ServerOptions {
  std::string host = "127.0.0.1";                    ///< address to listen at: IPv4, IPv6 or "localhost"
  std::uint16_t port = 0;                            ///< 0: any free one
  std::filesystem::path certificate = {}, key = {};  ///< PEM (chain and private key); empty: plain HTTP
  std::size_t threads = 1;

  std::size_t head_limit = 16 * 1024;  ///< bytes
  std::size_t field_limit = 100;       ///< header fields
  std::size_t body_limit = 2u << 20;   ///< bytes
  std::size_t connections = 1024;
  std::size_t connections_per_address = 32;  ///< does not count for loopback, where a reverse proxy stands
  /// From the first byte of a request; of a TLS connection's first one from its beginning, handshake
  /// included.
  Milliseconds head_time{5'000};
  Milliseconds body_time{15'000};  ///< and a second more for each 64 KiB announced; an answer has the same
  Milliseconds idle_time{10'000};  ///< until a request begins; then the connection is closed without a word

  /// Told, in a sentence, of what goes wrong on this side: connections that cannot be accepted, exceptions of
  /// Head and Handler (answered 500). Called on the server's threads, must not throw;
  /// may be empty.
  std::function<void(const std::string& sentence)> trouble = {};
};

/// Why a caller was refused before any handler saw the request.
enum class Refusal : std::uint8_t {
  malformed,       ///< 400: not HTTP, or ambiguous
  head_too_large,  ///< 431
  body_too_large,  ///< 413
  too_slow,        ///< 408; without an answer during a handshake, or when the answer was not taken in time
  tls,             ///< the handshake failed
  too_many,        ///< closed without an answer: connections, of all or of one address (IPv6: one /64)
  broken_off       ///< the caller went away in the middle of a request
};
std::string_view name_of(Refusal refusal) noexcept;

struct ServerFigures {
  std::size_t connections = 0;  ///< open now
  std::map<Refusal, std::uint64_t> refused;
};

class HttpServer {
 public:
  /// Looks at the head before the body is read: an answer refuses the request (the body is not read, and the
  /// connection closes); nothing lets it go on to the Handler. Requests without a body come here too.
  using Head = std::function<std::optional<ServerAnswer>(const RequestHead& head)>;
  using Handler = std::function<void(RequestHead head, std::string body, Reply reply)>;

  /// Listens and serves from here on. Beyond `connections` the one whose request is unfinished longest gives
  /// way, so that slow callers cannot keep honest ones out. Throws Error PB2201 when the address cannot be
  /// listened at, PB2202 when certificate or key cannot be used.
  HttpServer(ServerOptions options, Head head, Handler handler);
  /// As stop(0).
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  std::uint16_t port() const;
  ServerFigures figures() const;
  /// Takes no new connection; requests that have begun are answered, for at most `patience`; then every
  /// connection is closed. Blocks, so it is not for Head and Handler. Afterwards none of these runs any more.
  void stop(Milliseconds patience);
  /// Reads certificate and key again, for new connections. Throws Error PB2202; the old ones then stay.
  void reload_certificate();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace psabridge::net
