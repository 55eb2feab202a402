/* A picture in at most 256 colours: its 96 most frequent as they are, the rest by likeness. */
async png => {
    const image = new Image();
    image.src = `data:image/png;base64,${png}`;
    await image.decode();
    const canvas = Object.assign(document.createElement('canvas'), { width: image.width, height: image.height });
    const context = canvas.getContext('2d');
    context.drawImage(image, 0, 0);
    const data = context.getImageData(0, 0, image.width, image.height).data;
    const pixels = image.width * image.height;
    const count = new Map();
    for (let n = 0; n < pixels; n++) {
        const colour = data[4 * n] << 16 | data[4 * n + 1] << 8 | data[4 * n + 2];
        count.set(colour, (count.get(colour) ?? 0) + 1);
    }
    const frequent = [...count].sort((a, b) => b[1] - a[1] || a[0] - b[0]);
    const palette = frequent.slice(0, 96).map(([colour]) => colour);
    const bins = new Map();
    for (const [colour, times] of frequent.slice(96)) {
        const bin = (colour >> 20) << 8 | (colour >> 12 & 15) << 4 | (colour >> 4 & 15);
        const held = bins.get(bin);
        bins.set(bin, held ? [held[0], held[1] + times] : [colour, times]);
    }
    const rest = [...bins.values()].sort((a, b) => b[1] - a[1] || a[0] - b[0]);
    palette.push(...rest.slice(0, 256 - palette.length).map(([colour]) => colour));
    const nearest = new Map(palette.map((colour, place) => [colour, place]));
    const place = colour => {
        let best = 0, least = Infinity;
        palette.forEach((one, n) => {
            const far = ((one >> 16) - (colour >> 16)) ** 2 + ((one >> 8 & 255) - (colour >> 8 & 255)) ** 2
                + ((one & 255) - (colour & 255)) ** 2;
            if (far < least) [best, least] = [n, far];
        });
        nearest.set(colour, best);
        return best;
    };
    const base64 = bytes => {
        let text = '';
        for (let n = 0; n < bytes.length; n += 32768) text += String.fromCharCode(...bytes.subarray(n, n + 32768));
        return btoa(text);
    };
    const indices = new Uint8Array(pixels);
    for (let n = 0; n < pixels; n++) {
        const colour = data[4 * n] << 16 | data[4 * n + 1] << 8 | data[4 * n + 2];
        indices[n] = nearest.get(colour) ?? place(colour);
    }
    const bytes = Uint8Array.from(palette.flatMap(c => [c >> 16, c >> 8 & 255, c & 255]));
    return { width: image.width, height: image.height, indices: base64(indices), palette: base64(bytes) };
};
