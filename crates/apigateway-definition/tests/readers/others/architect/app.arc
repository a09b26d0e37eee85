@app
orders
@http
get /
