#include "core/net/server_tls.h"

#include <openssl/err.h>

#include <cstring>
#include <new>
#include <string>

#include "core/base/error.h"

namespace psabridge::net {
namespace {

[[noreturn]] void fail(const std::filesystem::path& file, const std::string& what) {
  const auto error = ERR_peek_error();  // the oldest one is the cause of the others
  const char* reason =
      ERR_SYSTEM_ERROR(error) ? std::strerror(ERR_GET_REASON(error)) : ERR_reason_error_string(error);
  if (ERR_GET_LIB(error) == ERR_LIB_OSSL_DECODER) reason = "it is not PEM, or it has a passphrase";
  throw Error("PB2202",
              what + " " + file.string() + " cannot be used: " + (reason ? reason : "no reason given") + ".");
}

}  // namespace

ServerTls::ServerTls(std::filesystem::path certificate, std::filesystem::path key)
    : certificate_(std::move(certificate)), key_(std::move(key)), context_(load()) {}

void ServerTls::reload() {
  auto fresh = load();
  const std::lock_guard lock(mutex_);
  context_ = std::move(fresh);
}

TlsSession ServerTls::session(int descriptor) const {
  const std::lock_guard lock(mutex_);
  TlsSession session(SSL_new(context_.get()));
  if (!session || SSL_set_fd(session.get(), descriptor) != 1) throw std::bad_alloc();
  return session;
}

ServerTls::Context ServerTls::load() const {
  Context context(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
  if (!context) throw std::bad_alloc();
  auto* const raw = context.get();
  SSL_CTX_set_min_proto_version(raw, TLS1_2_VERSION);
  SSL_CTX_set_cipher_list(raw,
                          "ECDHE+AESGCM:ECDHE+CHACHA20");  // of TLS 1.2; those of 1.3 are all of this kind
  SSL_CTX_set_options(raw, SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_mode(
      raw, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_session_cache_mode(raw, SSL_SESS_CACHE_OFF);  // tickets do it without memory
  // Without this OpenSSL would ask for a passphrase at the terminal.
  SSL_CTX_set_default_passwd_cb(raw, [](char*, int, int, void*) { return 0; });
  ERR_clear_error();
  if (SSL_CTX_use_certificate_chain_file(raw, certificate_.c_str()) != 1)
    fail(certificate_, "The certificate");
  if (SSL_CTX_use_PrivateKey_file(raw, key_.c_str(), SSL_FILETYPE_PEM) != 1 ||
      SSL_CTX_check_private_key(raw) != 1)
    fail(key_, "The key");
  return context;
}

}  // namespace psabridge::net
