#include "tests/sandbox/sandbox.h"

#include <Poco/Exception.h>
#include <Poco/Net/Context.h>
#include <Poco/Net/HTTPServerParams.h>
#include <Poco/Net/HTTPServerRequestImpl.h>
#include <Poco/Net/HTTPServerResponseImpl.h>
#include <Poco/Net/HTTPServerSession.h>
#include <Poco/Net/SecureServerSocket.h>
#include <Poco/Net/TCPServer.h>
#include <Poco/Net/TCPServerConnection.h>
#include <Poco/Net/TCPServerConnectionFactory.h>
#include <Poco/StreamCopier.h>
#include <Poco/TemporaryFile.h>
#include <Poco/ThreadPool.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <mutex>
#include <set>
#include <stdexcept>
#include <thread>

#include "tests/sandbox/certificates.h"

namespace sandbox {
namespace {

using Poco::Net::HTTPServerParams;
using Poco::Net::HTTPServerRequestImpl;
using Poco::Net::StreamSocket;

constexpr int kMaxConnections = 128;
constexpr std::size_t kOneWrite = 16 * 1024;  // below it, header and body go out together
constexpr std::size_t kPieces = 10;

// The sockets of live connections, so that stopping ends them at once. Only the descriptor is touched from
// outside: a TLS object must not be used by two threads. Thread-safe.
class OpenConnections {
 public:
  class Entry {
   public:
    Entry(OpenConnections& all, int descriptor) : all_(all), descriptor_(descriptor) {
      const std::scoped_lock lock(all_.mutex_);
      all_.descriptors_.insert(descriptor_);
      if (all_.ended_) ::shutdown(descriptor_, SHUT_RDWR);
    }
    ~Entry() {
      const std::scoped_lock lock(all_.mutex_);
      all_.descriptors_.erase(descriptor_);
    }
    Entry(const Entry&) = delete;
    Entry& operator=(const Entry&) = delete;

   private:
    OpenConnections& all_;
    int descriptor_;
  };

  void end_all() {
    const std::scoped_lock lock(mutex_);
    ended_ = true;
    for (const int descriptor : descriptors_) ::shutdown(descriptor, SHUT_RDWR);
  }

 private:
  std::mutex mutex_;
  std::set<int> descriptors_;
  bool ended_ = false;
};

std::string_view reason(int status) {
  return Poco::Net::HTTPResponse::getReasonForStatus(
      static_cast<Poco::Net::HTTPResponse::HTTPStatus>(status));
}

std::string header_of(const Response& response, bool keep_alive) {
  std::string header = "HTTP/1.1 " + std::to_string(response.status) + " ";
  header.append(reason(response.status)).append("\r\n");
  if (!response.content_type.empty())
    header.append("Content-Type: ").append(response.content_type).append("\r\n");
  for (const auto& [name, value] : response.headers)
    header.append(name).append(": ").append(value).append("\r\n");
  header.append("Content-Length: ").append(std::to_string(response.body.size())).append("\r\n");
  header.append(keep_alive ? "Connection: Keep-Alive\r\n\r\n" : "Connection: Close\r\n\r\n");
  return header;
}

void send_all(StreamSocket& socket, std::string_view bytes) {
  while (!bytes.empty()) {
    const int sent = socket.sendBytes(bytes.data(), static_cast<int>(bytes.size()));
    if (sent <= 0) throw Poco::IOException("The client went away.");
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

void send_slowly(StreamSocket& socket, std::string_view body, std::chrono::milliseconds pause) {
  const std::size_t piece = body.size() / kPieces + 1;
  for (std::size_t begin = 0; begin < body.size(); begin += piece) {
    send_all(socket, body.substr(begin, piece));
    std::this_thread::sleep_for(pause);
  }
}

// Closing with unsent data thrown away sends a RST. The descriptor is replaced, not closed, so that its
// number is not given to another connection before Poco closes it.
void reset(StreamSocket& socket) {
  socket.setLinger(true, 0);
  const int nowhere = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  if (nowhere < 0) return;
  ::dup2(nowhere, socket.impl()->sockfd());
  ::close(nowhere);
}

void deliver(StreamSocket& socket, const Response& response, bool keep_alive) {
  std::this_thread::sleep_for(std::chrono::milliseconds(response.start_delay_ms));
  std::string header = header_of(response, keep_alive);
  const std::string_view body = response.body.view();
  switch (response.delivery) {
    case Delivery::whole:
      if (body.size() < kOneWrite) return send_all(socket, header.append(body));
      send_all(socket, header);
      return send_all(socket, body);
    case Delivery::slow:
      send_all(socket, header);
      return send_slowly(socket, body, std::chrono::milliseconds(response.piece_delay_ms));
    case Delivery::cut:
      return send_all(socket, header.append(body.substr(0, body.size() / 2)));
    case Delivery::reset:
      send_all(socket, header.append(body.substr(0, body.size() / 2)));
      return reset(socket);
    case Delivery::lost:
      return;
  }
}

Request read_request(HTTPServerRequestImpl& raw) {
  Request request;
  request.method = raw.getMethod();
  const std::string& uri = raw.getURI();
  const auto mark = std::min(uri.find('?'), uri.size());
  request.path = uri.substr(0, mark);
  if (mark < uri.size()) request.query_text = uri.substr(mark + 1);
  request.query = Query(request.query_text);
  request.authorization = raw.get("Authorization", "");
  request.api_key = raw.get("X-Halo-Api-Key", "");
  request.content_type = raw.get("Content-Type", "");
  Poco::StreamCopier::copyToString(raw.stream(), request.body);
  return request;
}

// One client connection, many requests. Runs on a thread of the pool.
class Connection : public Poco::Net::TCPServerConnection {
 public:
  Connection(const StreamSocket& client, Api& api, OpenConnections& open, HTTPServerParams::Ptr params)
      : TCPServerConnection(client), api_(api), open_(open), params_(std::move(params)) {}

  void run() override {
    const OpenConnections::Entry entry(open_, socket().impl()->sockfd());
    try {
      Poco::Net::HTTPServerSession session(socket(), params_);
      while (session.hasMoreRequests() && serve(session)) {
      }
    } catch (const Poco::Exception&) {
      // The client went away, spoke no HTTP or refused our certificate: its affair.
    }
  }

 private:
  bool serve(Poco::Net::HTTPServerSession& session) {
    Poco::Net::HTTPServerResponseImpl unused(session);  // answers are written straight to the socket
    HTTPServerRequestImpl raw(unused, session, params_);
    if (raw.getExpectContinue()) send_all(session.socket(), "HTTP/1.1 100 Continue\r\n\r\n");
    const Request request = read_request(raw);
    response_.clear();
    api_.handle(request, response_);
    const bool keep_alive = raw.getKeepAlive();
    deliver(session.socket(), response_, keep_alive);
    session.setKeepAlive(keep_alive);
    const bool goes_on = response_.delivery == Delivery::whole || response_.delivery == Delivery::slow;
    return keep_alive && goes_on && !response_.close_after;
  }

  Api& api_;
  OpenConnections& open_;
  HTTPServerParams::Ptr params_;
  Response response_;
};

class ConnectionFactory : public Poco::Net::TCPServerConnectionFactory {
 public:
  ConnectionFactory(Api& api, OpenConnections& open, HTTPServerParams::Ptr params)
      : api_(api), open_(open), params_(std::move(params)) {}

  Poco::Net::TCPServerConnection* createConnection(const StreamSocket& client) override {
    return new Connection(client, api_, open_, params_);
  }

 private:
  Api& api_;
  OpenConnections& open_;
  HTTPServerParams::Ptr params_;
};

HTTPServerParams::Ptr server_params() {
  HTTPServerParams::Ptr params(new HTTPServerParams);
  params->setMaxThreads(kMaxConnections);
  params->setMaxQueued(kMaxConnections);
  params->setKeepAlive(true);
  params->setMaxKeepAliveRequests(0);
  params->setKeepAliveTimeout(Poco::Timespan(30, 0));
  params->setTimeout(Poco::Timespan(30, 0));
  return params;
}

Poco::Net::Context::Ptr tls_context(const TlsFiles& tls) {
  Poco::Net::Context::Params files;
  files.certificateFile = tls.certificate.string();
  files.privateKeyFile = tls.key.string();
  files.verificationMode = Poco::Net::Context::VERIFY_NONE;  // clients bring no certificate
  Poco::Net::Context::Ptr context(new Poco::Net::Context(Poco::Net::Context::TLS_SERVER_USE, files));
  context->requireMinimumProtocol(Poco::Net::Context::PROTO_TLSV1_2);
  return context;
}

// Without SO_REUSEPORT, which Poco sets by itself: two servers would silently share a port.
Poco::Net::ServerSocket listening_socket(std::uint16_t port, const TlsFiles& tls) {
  const bool plain = tls.certificate.empty();
  Poco::Net::ServerSocket socket =
      plain ? Poco::Net::ServerSocket() : Poco::Net::SecureServerSocket(tls_context(tls));
  socket.bind(Poco::Net::SocketAddress("127.0.0.1", port), true, false);
  socket.listen(kMaxConnections);
  return socket;
}

}  // namespace

class Sandbox::Server {
 public:
  explicit Server(SandboxOptions options)
      : options_(std::move(options)),
        tls_(certificates()),
        api_(options_.api),
        threads_("sandbox", 4, kMaxConnections + 4),
        socket_(listening_socket(options_.port, tls_)),
        params_(server_params()),
        tcp_(new ConnectionFactory(api_, open_, params_), threads_, socket_, params_) {
    api_.set_base_url(url());
    tcp_.start();
  }

  ~Server() {
    ::shutdown(socket_.impl()->sockfd(), SHUT_RDWR);  // wakes the accepting thread, which stop() waits for
    tcp_.stop();
    open_.end_all();
    threads_.joinAll();
  }

  std::uint16_t port() const { return socket_.address().port(); }
  std::string url() const {
    return (options_.plain_http ? "http://localhost:" : "https://localhost:") + std::to_string(port());
  }
  const std::filesystem::path& ca_file() const { return tls_.ca; }
  const ClientCredentials& client() const { return options_.api.client; }
  Api& api() { return api_; }

 private:
  TlsFiles certificates() {
    if (options_.plain_http) return {};
    if (!options_.tls_dir.empty()) return make_certificates(options_.tls_dir);
    own_tls_dir_ = std::make_unique<Poco::TemporaryFile>();
    return make_certificates(own_tls_dir_->path());
  }

  SandboxOptions options_;
  std::unique_ptr<Poco::TemporaryFile> own_tls_dir_;
  TlsFiles tls_;
  Api api_;
  OpenConnections open_;
  Poco::ThreadPool threads_;
  Poco::Net::ServerSocket socket_;
  HTTPServerParams::Ptr params_;
  Poco::Net::TCPServer tcp_;
};

Sandbox::Sandbox(SandboxOptions options) : server_(std::make_unique<Server>(std::move(options))) {}
Sandbox::~Sandbox() = default;

std::uint16_t Sandbox::port() const { return server_->port(); }
std::string Sandbox::url() const { return server_->url(); }
std::filesystem::path Sandbox::ca_file() const { return server_->ca_file(); }
const ClientCredentials& Sandbox::client() const { return server_->client(); }

std::string Sandbox::control(std::string_view method, std::string_view path, std::string_view body) {
  const auto mark = std::min(path.find('?'), path.size());
  const Query query(mark < path.size() ? path.substr(mark + 1) : std::string_view());
  Response response;
  server_->api().control().handle(method, path.substr(0, mark), query, body, response);
  std::string text(response.body.view());
  if (response.status != 200)
    throw std::runtime_error("The sandbox answered " + std::to_string(response.status) + ": " + text);
  return text;
}

}  // namespace sandbox
