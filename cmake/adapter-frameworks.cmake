# What each adapter needs: find_package's arguments, ctxlog_NAME_package, and the target, ctxlog_NAME_library.
# SPDX-License-Identifier: MIT
list(APPEND CMAKE_MODULE_PATH ${CMAKE_CURRENT_LIST_DIR})
set(ctxlog_adapters asio beast crow curl drogon gzip httplib)

set(ctxlog_asio_package Asio 1.22 MODULE)
set(ctxlog_asio_library Asio::Asio)

# Boost.Asio comes with it.
set(ctxlog_beast_package Boost 1.74)
set(ctxlog_beast_library Boost::headers)

# Crow's package has no version.
set(ctxlog_crow_package Crow CONFIG)
set(ctxlog_crow_library Crow::Crow)

set(ctxlog_curl_package CURL)
set(ctxlog_curl_library CURL::libcurl)

set(ctxlog_drogon_package Drogon CONFIG)
set(ctxlog_drogon_library Drogon::Drogon)

set(ctxlog_gzip_package ZLIB)
set(ctxlog_gzip_library ZLIB::ZLIB)

set(ctxlog_httplib_package CppHttplib MODULE)
set(ctxlog_httplib_library CppHttplib::CppHttplib)
