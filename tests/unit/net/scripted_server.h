// A real server on loopback that answers exactly the bytes a test wants, in plain text or TLS.
#pragma once
#include <Poco/Net/Context.h>
#include <Poco/Net/ServerSocket.h>
#include <Poco/Net/StreamSocket.h>

#include <atomic>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace psabridge::test {

/// One request as it came: head with its blank line, and body.
struct ReceivedRequest {
  std::string head, body;
  int connection = 0;  ///< 1 for the first connection of the server, 2 for the second, ...
};

/// What to do with a request.
struct Reply {
  std::string bytes;
  enum class Then {
    keep,
    close,
    hang,
    start_tls
  } then = Then::keep;  ///< hang: silent until the client goes away
};

/// "HTTP/1.1 200 OK" with length and body.
Reply answer(int status, const std::string& body, const std::string& extra_headers = {});

/// Serves until destroyed. `script` is called on server threads, one call at a time.
class ScriptedServer {
 public:
  using Script = std::function<Reply(const ReceivedRequest&)>;
  explicit ScriptedServer(Script script, Poco::Net::Context::Ptr tls = {});
  ~ScriptedServer();

  std::string url() const;      ///< "http://127.0.0.1:1234", https with TLS from the first byte
  std::string address() const;  ///< "127.0.0.1:1234"
  std::uint16_t port() const { return listener_.address().port(); }
  std::vector<ReceivedRequest> received() const;

  /// Sent on every new connection, before anybody asks. Set it before the first one.
  std::string greeting;
  /// Makes start_tls possible.
  Poco::Net::Context::Ptr tunnel_tls;

 private:
  void accept_all();
  void serve(Poco::Net::StreamSocket socket, int connection);
  bool serve_one(Poco::Net::StreamSocket& socket, int connection);

  Script script_;
  Poco::Net::ServerSocket listener_;
  const bool secure_;
  mutable std::mutex mutex_;
  std::vector<ReceivedRequest> received_;
  std::atomic<bool> stopping_{false};
  std::vector<std::jthread> connections_;
  std::jthread acceptor_;
};

}  // namespace psabridge::test
