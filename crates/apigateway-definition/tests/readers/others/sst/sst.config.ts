export default $config({ app() { return { name: 'shop' }; } });
